"""The part of the contract that concerns every channel, whatever it makes."""

from __future__ import annotations

import hashlib
import pickle
import re
import time
from dataclasses import is_dataclass, replace
from pathlib import Path

from damgate import config
from damgate.core.channels import Made, Produced, Source
from damgate.media import sniff
from damgate.media.decoders import Decoders
from damgate.testing import looking, tasks
from damgate.testing.base import NOBODY, Contract, Studio, rendered
from damgate.testing.originals import Original, everything

ODD_TYPES = ("", "x", "image/", "IMAGE/JPEG", "image/jpeg; q=1", "application/x-empty", "a" * 500, "image/jpeg\n")
_EXTENSION = re.compile(r"[a-z0-9]{1,12}(\.[a-z0-9]{1,12})*")
_LONGEST = 200  # characters of a tool's name
_LATER = 1.1  # seconds: a date in a rendition, told to the second, is another one


class Basics(Contract):
    """It travels, it answers for every type, and what it makes is what it promised, each time the same."""

    def test_it_travels_to_another_process(self) -> None:
        channel = self.channel
        assert not is_dataclass(channel) or getattr(channel, "__dataclass_params__").frozen, (  # noqa: B009
            f"{type(channel).__name__} is not frozen: write @dataclass(frozen=True)"
        )
        copy = pickle.loads(pickle.dumps(channel))  # noqa: S301  (our own bytes of a moment ago)
        assert copy == channel, "it does not equal its own copy: make it a frozen dataclass of plain values"
        assert hash(copy) == hash(channel), "its copy has another hash: make it a frozen dataclass of plain values"

    def test_its_name_can_be_a_folder(self) -> None:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", self.channel.name), f"not a name: {self.channel.name!r}"

    def test_its_fingerprint_is_the_same_in_every_process(self) -> None:
        mine = self.channel.fingerprint
        assert isinstance(mine, str), "the fingerprint is no text"
        assert mine, "the fingerprint is empty"
        assert mine == self.channel.fingerprint, "the fingerprint changes by itself"
        there = self.studio.call(tasks.describe, self.channel, [])
        assert there.ended == "done", f"{there.words}\n{there.trace}"
        assert there.value == (mine, []), "the fingerprint is another one in another process"

    def test_other_settings_have_other_fingerprints(self) -> None:
        prints = [one.fingerprint for one in (self.channel, *self.others)]
        assert len(set(prints)) == len(prints), "channels with different settings have the same fingerprint"

    def test_it_answers_for_every_type_of_file(self) -> None:
        types = [*dict.fromkeys([*(one.media_type for one in (*everything(), *self.originals)), *ODD_TYPES])]
        answers = [self.channel.produces(each) for each in types]
        for kind, answer in zip(types, answers, strict=True):
            assert answer is None or isinstance(answer, Produced), f"produces({kind!r}) is {answer!r}"
            if answer is not None:
                assert _EXTENSION.fullmatch(answer.extension), f"not an extension: {answer.extension!r}"
                assert answer.media_type.count("/") == 1, f"not a media type: {answer.media_type!r}"
        assert answers == [self.channel.produces(each) for each in types], "produces changes its mind"
        there = self.studio.call(tasks.describe, self.channel, types)
        assert there.value == (self.channel.fingerprint, answers), "produces answers otherwise in another process"

    def test_it_takes_something(self) -> None:
        assert self.fitting(), "the suite makes no originals of the types that it takes: set `originals`"

    def test_it_makes_what_it_promised(self, original: Original) -> None:
        promised, content = self.channel.produces(original.media_type), rendered(self.plain(original))
        assert promised is not None
        found = sniff.media_type(content[: sniff.HEAD])
        assert found == promised.media_type, f"it promised {promised.media_type} and made {found}"

    def test_it_notes_the_true_size(self, original: Original) -> None:
        shot = self.plain(original)
        image, made = looking.opened(rendered(shot)), shot.made
        assert made is None or isinstance(made, Made), f"render returned {made!r}"
        if made is None:
            return
        assert isinstance(made.tool, str), "Made.tool is no text"
        assert "\n" not in made.tool, "Made.tool has more than one line"
        assert len(made.tool) <= _LONGEST, "Made.tool is too long"
        assert (made.width is None) == (made.height is None), "Made has one side only"
        if image is not None and made.width is not None:
            assert (made.width, made.height) == image.size, "Made says another size than the picture has"

    def test_it_tells_its_progress_in_order(self, original: Original) -> None:
        shot = self.plain(original)
        rendered(shot)
        assert all(0 <= part <= 1 for part in shot.told), f"told {shot.told}"
        assert shot.told == sorted(shot.told), f"told {shot.told}"

    def test_it_writes_the_rendition_and_nothing_else(self, original: Original) -> None:
        shot = self.plain(original)
        rendered(shot)
        assert shot.untouched, "the original was changed"
        assert shot.left == frozenset(), f"left behind: {', '.join(sorted(shot.left))}"
        assert shot.outcome.elsewhere == (), f"reached out for {', '.join(shot.outcome.elsewhere)}"

    def test_it_makes_the_same_bytes_each_time(self, original: Original) -> None:
        first, again = rendered(self.plain(original)), rendered(self.studio.shot(self.channel, original))
        assert _hash(first) == _hash(again), "a second time, other bytes"

    def test_it_makes_the_same_bytes_later_in_another_process_and_under_another_name(self) -> None:
        before = {original.name: rendered(self.plain(original)) for original in self.fitting()}
        time.sleep(_LATER)
        elsewhere = Studio(self.channel, self.memory_mb, self.seconds, PYTHONHASHSEED="2", TZ="XYZ-9")
        try:
            for original in self.fitting():
                renamed = replace(original, name=f"Renamed {original.name}")
                first, there = before[original.name], rendered(elsewhere.shot(self.channel, renamed))
                assert _hash(first) == _hash(there), f"elsewhere, other bytes of {original.name}"
        finally:
            elsewhere.close()

    def test_a_real_decoder_makes_the_same_bytes(self, tmp_path: Path) -> None:
        settings = config.Decoders(count=1, seconds=int(self.seconds), memory_mb=self.memory_mb)
        decoders = Decoders(settings, (self.channel,), tmp_path)
        try:
            for original in self.fitting():
                with decoders.folder() as folder:
                    path, into = folder / "original", folder / "rendition"
                    path.write_bytes(original.content)
                    decoders.render(self.channel, Source(path, original.name, original.media_type, NOBODY), into)
                    there = into.read_bytes()
                assert _hash(rendered(self.plain(original))) == _hash(there), f"other bytes of {original.name}"
        finally:
            decoders.stop()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
