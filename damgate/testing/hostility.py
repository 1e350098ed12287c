"""The part of the contract that concerns files that are broken, or made to do harm."""

from __future__ import annotations

from dataclasses import replace

from damgate.media import sniff
from damgate.testing.base import Contract, Shot
from damgate.testing.damage import damaged
from damgate.testing.originals import Original
from damgate.testing.tasks import Outcome

_LONGEST = 500  # characters of a sentence


class Hostility(Contract):
    """A broken file gets a sentence, or a picture; it costs nobody anything else."""

    def test_a_broken_file_is_refused_with_a_sentence_or_rendered(self, original: Original) -> None:
        promised = self.channel.produces(original.media_type)
        assert promised is not None
        faults = []
        for what, content in damaged(original):
            source = self.studio.laid(replace(original, content=content))
            shot = self.studio.shot(self.channel, replace(original, content=content), source)
            fault = _fault(shot, promised.media_type, str(source.path.parent))
            if fault:
                faults.append(f"{original.name}, {what}: {fault}")
        assert faults == [], "\n".join(faults)


def _fault(shot: Shot, promised: str, folder: str) -> str:
    """Say what is wrong about the answer to a broken file; "" where nothing is."""
    outcome = shot.outcome
    if outcome.ended == "lost":
        return f"the process was lost: {outcome.words}"
    if outcome.ended == "failed":
        return f"not a ValueError but {outcome.words}\n{outcome.trace}"
    if not shot.untouched:
        return "the original was changed"
    return _unfit(outcome, folder) if outcome.ended == "refused" else _unlike(shot.content, promised)


def _unfit(outcome: Outcome, folder: str) -> str:
    """Say why a ValueError cannot be shown to people."""
    sentence = outcome.words.strip()
    if not sentence or len(sentence) > _LONGEST:
        return f"the ValueError is no sentence: {sentence[:_LONGEST]!r}\n{outcome.trace}"
    return f"the sentence tells of a private folder: {sentence}" if folder in sentence else ""


def _unlike(content: bytes | None, promised: str) -> str:
    """Say why what was made is not what was promised."""
    if content is None:
        return "no ValueError, and no file was written"
    found = sniff.media_type(content[: sniff.HEAD])
    return "" if found == promised else f"it promised {promised} and made {found}"
