"""Legal metadata: what an original says of itself, and what its renditions say.

A rendition carries a `Statement` and nothing else of the original's metadata: GPS, serial numbers, thumbnails, maker
notes and C2PA manifests (which no longer fit the new pixels) stay behind. An encoder makes a picture without any
metadata but its colour profile, and then asks for two things::

    statement = legal.statement_for(source, metadata="rights")
    picture = legal.into(picture, "image/webp", statement)
"""

from damgate_image.legal.originals import tags
from damgate_image.legal.placing import PLACES, into, packet
from damgate_image.legal.statement import METADATA, Statement, injected, statement_for

__all__ = ["METADATA", "PLACES", "Statement", "injected", "into", "packet", "statement_for", "tags"]
