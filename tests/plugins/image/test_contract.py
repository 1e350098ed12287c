"""The built-in picture channel and examiner keep the contract that every author's are asked to keep."""

from __future__ import annotations

from pathlib import Path

from damgate.testing import ChannelContract, ExaminerContract
from damgate_image.channel import PictureExaminer
from damgate_image.recipe import channel_of


class TestWebshop(ChannelContract):
    channel = channel_of("webshop", {}, Path())
    others = (channel_of("webshop", {"box": 300}, Path()), channel_of("webshop", {"quality": 50}, Path()))
    says = ("credit", "copyright", "terms")


class TestPictures(ExaminerContract):
    examiner = PictureExaminer()
