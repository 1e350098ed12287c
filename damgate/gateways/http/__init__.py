"""Reading by plain HTTP: files with all their validators and ranges, links for shops, and folders as pages."""

from damgate.gateways.http.door import HttpDoor
from damgate.gateways.http.withdrawn import Withdrawn, pictures

__all__ = ["HttpDoor", "Withdrawn", "pictures"]
