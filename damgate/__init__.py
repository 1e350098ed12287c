"""damgate: a digital asset management system that you mount.

This is the public face for plugin authors; nothing else is promised.
"""

from damgate.core.assets import Facts
from damgate.core.channels import Channel, Examiner, Produced, Source
from damgate.core.events import Event, Happening
from damgate.core.rights import Rights
from damgate.core.workflow import Edge, Move, Refusal
from damgate.hooks import Site, hookimpl

__version__ = "0.1.0"

__all__ = [
    "Channel", "Edge", "Event", "Examiner", "Facts", "Happening", "Move", "Produced", "Refusal", "Rights",
    "Site", "Source", "hookimpl",
]  # fmt: skip
