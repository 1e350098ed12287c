"""The plugins of a drive. `PluginHost` finds, checks and calls them; nothing else in damgate speaks pluggy."""

from damgate.plugins.host import PluginHost, PluginLine

__all__ = ["PluginHost", "PluginLine"]
