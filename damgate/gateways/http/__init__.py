"""Reading by plain HTTP: files with all their validators and ranges, stable links, and folders as pages."""

from damgate.gateways.http.door import HttpDoor

__all__ = ["HttpDoor"]
