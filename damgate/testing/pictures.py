"""The part of the contract that concerns pictures: the right way up, and saying what they should and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from damgate.core.channels import Focal
from damgate.core.rights import Rights
from damgate.media import sniff
from damgate.testing import looking, originals
from damgate.testing.base import Contract, rendered
from damgate.testing.originals import Original

RIGHTS = Rights(
    credit="Zoë Müller/Agency 51",
    copyright="© 2026 Zoë Müller 52",
    terms="For the web only 53",
    creator="Zoë Müller 54",
    web_statement="https://example.com/licence-55",
    licensor="Agency 56",
    licensor_url="https://example.com/agency-57",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
    data_mining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING",
)


class Pictures(Contract):
    """What becomes of photographs."""

    def test_all_eight_orientations_come_out_upright_and_equal(self) -> None:
        upright = self._photograph(originals.turned(1))
        for number in range(2, 9):
            image = self._photograph(originals.turned(number))
            assert looking.orientation(image) == 1, f"orientation {number} is still to be turned"
            assert image.size == upright.size, f"orientation {number} has {image.size}, not {upright.size}"
            off = looking.difference(upright, image)
            assert off <= self.tolerance, f"orientation {number} differs by {off:.1f}"

    def test_it_says_what_the_rights_say(self) -> None:
        for kind in ("photo.jpg", "clear.png", "photo.webp", "photo.tif"):
            original = next((one for one in self.fitting() if one.name == kind), None)
            if original is not None:
                shot = self.studio.shot(self.channel, original, self.studio.laid(original, RIGHTS))
                found = looking.said(rendered(shot))
                lacking = [name for name in self.says if str(getattr(RIGHTS, name)).encode() not in found]
                assert lacking == [], f"the rendition of {kind} does not carry the rights’ {', '.join(lacking)}"

    def test_it_does_not_tell_where_a_picture_was_taken_nor_with_which_camera(self) -> None:
        if not self.private:
            pytest.skip("this channel keeps what the original says")
        content = self._rendition(originals.private())
        found = looking.said(content)
        kept = [one for one in ("body", "lens", "maker", "area", "xmp", "c2pa") if _canary(one) in found]
        assert kept == [], f"still in the rendition: {', '.join(kept)}"
        assert looking.places(content) == {}, "the rendition says where the picture was taken"

    def test_a_focal_point_at_the_edge_is_no_trouble(self) -> None:
        original = originals.turned(1)
        plain = self._photograph(original)
        for x, y in ((0.0, 0.0), (1.0, 1.0), (0.5, 1.0)):
            shot = self.studio.shot(self.channel, original, replace(self.studio.laid(original), focal=Focal(x, y)))
            image = looking.opened(rendered(shot))
            assert image is not None
            assert image.size == plain.size, f"with the focal point {x}, {y} its size is {image.size}"

    def test_a_large_photograph_is_made_within_the_limits(self) -> None:
        kind = self.picture_kind()
        original = originals.large(kind) if kind else None
        if original is None:
            pytest.skip("this channel takes no photographs")
        rendered(self.studio.shot(self.channel, original))

    @pytest.mark.parametrize("bomb", ["bomb.png", "bomb.gif", "bomb.jpg"])
    def test_a_small_file_that_claims_to_be_huge_hurts_nobody(self, bomb: str) -> None:
        original = next(one for one in originals.bombs() if one.name == bomb)
        promised = self.channel.produces(original.media_type)
        if promised is None:
            pytest.skip(f"this channel takes no {original.media_type}")
        shot = self.studio.shot(self.channel, original)
        assert shot.outcome.ended in {"done", "refused"}, f"{shot.outcome.words}\n{shot.outcome.trace}"
        if shot.outcome.ended == "done":
            assert sniff.media_type(rendered(shot)[: sniff.HEAD]) == promised.media_type

    def _rendition(self, original: Original) -> bytes:
        if self.channel.produces(original.media_type) is None:
            pytest.skip(f"this channel takes no {original.media_type}")
        return rendered(self.studio.shot(self.channel, original))

    def _photograph(self, original: Original) -> Image.Image:
        image = looking.opened(self._rendition(original))
        if image is None:
            pytest.skip("this channel makes no pictures that can be compared")
        return image


def _canary(where: str) -> bytes:
    return f"{originals.PRIVATE}-{where}".encode()
