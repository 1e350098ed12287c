"""The contract of examiners."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from damgate.core.assets import Facts
from damgate.core.channels import Examiner
from damgate.testing import originals, tasks
from damgate.testing.base import Studio
from damgate.testing.basics import ODD_TYPES
from damgate.testing.damage import damaged
from damgate.testing.originals import Original
from damgate.testing.tasks import Outcome


class ExaminerContract:
    """What every examiner must do. Subclass it in a test module and set `examiner`."""

    examiner: ClassVar[Examiner]
    originals: ClassVar[Sequence[Original]] = ()  # of your own, beside those that the suite makes
    seconds: ClassVar[float] = 60.0  # for one file
    memory_mb: ClassVar[int] = 2048

    studio: ClassVar[Studio]

    @classmethod
    def setup_class(cls) -> None:
        """Open a studio."""
        cls.studio = Studio(cls.examiner, cls.memory_mb, cls.seconds)

    @classmethod
    def teardown_class(cls) -> None:
        """Close it."""
        cls.studio.close()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask each test that wants an `original` about every one that the examiner reads."""
        if "original" in metafunc.fixturenames:
            fitting = [one for one in (*originals.everything(), *self.originals) if self.examiner.reads(one.media_type)]
            metafunc.parametrize("original", fitting, ids=[one.name for one in fitting])

    def test_it_travels_to_another_process(self) -> None:
        copy = pickle.loads(pickle.dumps(self.examiner))  # noqa: S301  (our own bytes of a moment ago)
        assert copy == self.examiner, "it does not equal its own copy: make it a frozen dataclass of plain values"

    def test_it_answers_for_every_type_of_file(self) -> None:
        for kind in ODD_TYPES:
            assert isinstance(self.examiner.reads(kind), bool), f"reads({kind!r}) is neither yes nor no"

    def test_a_sound_file_has_its_true_size(self, original: Original) -> None:
        facts = self._facts(original)
        assert facts.damaged == "", f"it says that a sound file is damaged: {facts.damaged}"
        if original.width is not None and facts.width is not None:
            assert (facts.width, facts.height) == (original.width, original.height), "another size than the picture has"

    def test_sizes_are_those_of_the_upright_picture(self) -> None:
        if not self.examiner.reads("image/jpeg"):
            pytest.skip("this examiner reads no JPEG")
        for number in range(1, 9):
            facts = self._facts(originals.turned(number))
            size = (facts.width, facts.height)
            assert size == (originals.WIDTH, originals.HEIGHT), f"orientation {number} has {size}"

    def test_a_broken_file_is_damaged_in_words_for_people_or_sound(self, original: Original) -> None:
        for what, content in damaged(original):
            broken = replace(original, content=content)
            facts = self._facts(broken, f"{original.name}, {what}")
            assert "\n" not in facts.damaged, f"{original.name}, {what}: more than one line: {facts.damaged!r}"

    def _facts(self, original: Original, what: str = "") -> Facts:
        source = self.studio.laid(original)
        outcome: Outcome = self.studio.call(
            tasks.examine, self.examiner, source.path, original.media_type, folder=source.path.parent
        )
        assert outcome.ended == "done", f"{what or original.name}: {outcome.words}\n{outcome.trace}"
        facts = outcome.value
        assert isinstance(facts, Facts), f"{what or original.name}: {facts!r}"
        assert str(source.path.parent) not in facts.damaged, f"it tells of a private folder: {facts.damaged}"
        return facts
