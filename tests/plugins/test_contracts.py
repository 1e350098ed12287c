"""The built-in channels and examiners keep the contract that every author's are asked to keep."""

from __future__ import annotations

from types import ModuleType

import damgate
import damgate_image
from damgate.testing import ChannelContract, ExaminerContract, site


def made_by(plugin: ModuleType, **recipe: object) -> damgate.Channel:
    """Return the channel that a plugin makes of a recipe."""
    (made,) = plugin.damgate_channels(site(recipes={"tried": recipe}))
    return made  # type: ignore[no-any-return]


def examining(plugin: ModuleType) -> damgate.Examiner:
    """Return the examiner that a plugin contributes."""
    (made,) = plugin.damgate_examiners(site())
    return made  # type: ignore[no-any-return]


class TestPictures(ChannelContract):
    channel = made_by(damgate_image)
    others = (made_by(damgate_image, box=300), made_by(damgate_image, quality=50))


class TestPicturesExamined(ExaminerContract):
    examiner = examining(damgate_image)
