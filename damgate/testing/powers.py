"""The part of the contract that concerns what a channel can do beside its own rendition; nothing where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from damgate.core.channels import Channel, Made, Patient, Variant, mezzanine_of, variant_of
from damgate.media import sniff
from damgate.testing import looking, tasks
from damgate.testing.base import Contract, rendered
from damgate.testing.basics import ODD_TYPES
from damgate.testing.originals import Original

_HUGE = 100_000  # pixels: wider than any channel makes anything


class Powers(Contract):
    """Variants, renditions made together, mezzanines, and patience."""

    def test_a_variant_is_a_channel_of_its_own(self, varied: Original) -> None:
        for wanted, channel in self._variants(varied):
            assert channel.fingerprint, f"{wanted} has no fingerprint"
            assert channel == variant_of(self.channel, varied.media_type, wanted), f"{wanted} is another each time"
            there = self.studio.call(tasks.describe, channel, [varied.media_type])
            here = (channel.fingerprint, [channel.produces(varied.media_type)])
            assert there.value == here, f"{wanted} is another one in another process: {there.words}"

    def test_a_variant_is_what_was_wanted_and_never_enlarged(self, varied: Original) -> None:
        widest = _width(rendered(self.plain(varied)))
        for wanted, channel in self._variants(varied):
            promised = channel.produces(varied.media_type)
            assert promised is not None, f"{wanted} makes nothing of {varied.media_type}"
            content = rendered(self.plain(varied, channel))
            assert sniff.media_type(content[: sniff.HEAD]) == promised.media_type, f"{wanted} is not what it promised"
            width, most = _width(content), wanted.width or _HUGE
            if width is not None and not wanted.form and widest is not None:
                most = min(widest, most)
                assert width >= most, f"{wanted} is only {width} wide"
            assert width is None or width <= most, f"{wanted} is {width} wide"

    def test_variants_that_differ_have_other_fingerprints(self, varied: Original) -> None:
        found = {self.channel.fingerprint: rendered(self.plain(varied))}
        for wanted, channel in self._variants(varied):
            content = rendered(self.plain(varied, channel))
            assert found.setdefault(channel.fingerprint, content) == content, f"{wanted} has the fingerprint of another"

    def test_what_it_does_not_offer_is_none(self, varied: Original) -> None:
        for form in ("exe", "..", "a/b", "JPG", "x" * 300):
            assert variant_of(self.channel, varied.media_type, Variant(0, form)) is None, f"it offers {form!r}"

    def test_made_together_they_are_what_they_are_made_alone(self, together: Original) -> None:
        channels = [self.channel, *(channel for _, channel in self._variants(together))]
        mezzanine = mezzanine_of(self.channel, together.media_type)
        if mezzanine is not None:
            channels.append(mezzanine)
        source = self.studio.laid(together)
        folder = source.path.parent
        wanted = [(channel, folder / f"rendition-{number}") for number, channel in enumerate(channels)]
        outcome = self.studio.call(tasks.render_together, self.channel, source, wanted, folder=folder)
        assert outcome.ended == "done", f"{outcome.words}\n{outcome.trace}"
        made: tuple[Sequence[Made | None], list[float]] = outcome.value  # type: ignore[assignment]
        assert len(made[0]) == len(wanted), "it does not answer for each rendition"
        names = {"original", *(path.name for _, path in wanted)}
        assert {one.name for one in folder.iterdir()} == names, "files are missing, or left over"
        for (channel, path), noted in zip(wanted, made[0], strict=True):
            content = path.read_bytes()
            self._alike(together, rendered(self.plain(together, channel)), content, "together with others")
            image = looking.opened(content)
            if image is not None and noted is not None and noted.width is not None:
                assert (noted.width, noted.height) == image.size, "Made says another size than the picture has"

    def test_a_mezzanine_gives_the_same_pictures(self, mezzanined: Original) -> None:
        mezzanine = mezzanine_of(self.channel, mezzanined.media_type)
        assert mezzanine is not None
        kept = self.studio.folder() / "mezzanine"
        kept.write_bytes(rendered(self.plain(mezzanined, mezzanine)))
        for channel in (self.channel, *(channel for _, channel in self._variants(mezzanined))):
            source = replace(self.studio.laid(mezzanined), mezzanine=kept)
            fast = rendered(self.studio.shot(channel, mezzanined, source))
            self._alike(mezzanined, rendered(self.plain(mezzanined, channel)), fast, "with a mezzanine")

    def test_it_knows_for_every_type_whether_it_has_a_mezzanine_and_is_slow(self) -> None:
        for kind in (*ODD_TYPES, *(one.media_type for one in self.fitting())):
            mezzanine = mezzanine_of(self.channel, kind)
            assert mezzanine is None or mezzanine.fingerprint, f"the mezzanine of {kind!r} has no fingerprint"
            slow = self.channel.slow(kind) if isinstance(self.channel, Patient) else False
            assert isinstance(slow, bool), f"slow({kind!r}) is neither yes nor no"

    def _variants(self, original: Original) -> list[tuple[Variant, Channel]]:
        """Return what the channel offers of what it is asked for."""
        wanted = [Variant(width) for width in (*self.widths, _HUGE)]
        wanted += [Variant(width, form) for form in self.forms for width in (0, self.widths[0])]
        offered = [(one, variant_of(self.channel, original.media_type, one)) for one in wanted]
        return [(one, channel) for one, channel in offered if channel is not None]

    def _alike(self, original: Original, alone: bytes, other: bytes, how: str) -> None:
        if alone == other:
            return
        one, two = looking.opened(alone), looking.opened(other)
        assert one is not None, f"{how}, other bytes of {original.name}"
        assert two is not None, f"{how}, other bytes of {original.name}"
        assert one.size == two.size, f"{how} it has {two.size}, not {one.size}"
        off = looking.difference(one, two)
        assert off <= self.tolerance, f"{how} it differs by {off:.1f}"


def _width(content: bytes) -> int | None:
    image = looking.opened(content)
    return None if image is None else image.width
