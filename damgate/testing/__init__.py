"""For authors of plugins: what every channel and examiner must do, as tests that pytest runs.

    from damgate.testing import ChannelContract

    class TestSepia(ChannelContract):
        channel = Sepia("sepia")

It needs pytest, and renders in processes with the limits of a decoder. The originals are made on the spot.
"""

from damgate.testing.channels import ChannelContract
from damgate.testing.examiners import ExaminerContract
from damgate.testing.originals import Original
from damgate.testing.sites import site

__all__ = ["ChannelContract", "ExaminerContract", "Original", "site"]
