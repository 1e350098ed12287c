"""damgate: a digital asset management system that you mount.

This is the public face for plugin authors; nothing else is promised.
"""

from damgate.core.assets import Facts, Tag
from damgate.core.channels import (
    MAIN,
    Accompanied,
    Channel,
    Examiner,
    Focal,
    Made,
    Mezzanined,
    Patient,
    Produced,
    Source,
    Together,
    Variant,
    Varied,
)
from damgate.core.events import Event, Happening
from damgate.core.rights import Rights
from damgate.core.stated import stated
from damgate.core.vocabulary import spelled
from damgate.core.workflow import Edge, Move, Refusal
from damgate.hooks import Conflict, Site, hookimpl

__version__ = "0.1.0"

__all__ = [
    "MAIN", "Accompanied", "Channel", "Conflict", "Edge", "Event", "Examiner", "Facts", "Focal", "Happening", "Made",
    "Mezzanined", "Move", "Patient", "Produced", "Refusal", "Rights", "Site", "Source", "Tag", "Together", "Variant",
    "Varied", "hookimpl", "spelled", "stated",
]  # fmt: skip
