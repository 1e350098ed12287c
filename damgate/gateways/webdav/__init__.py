"""The WebDAV door: what Finder, Explorer, GNOME, KDE, davfs2, rclone and Cyberduck mount."""

from damgate.gateways.webdav.door import WebDavDoor

__all__ = ["WebDavDoor"]
