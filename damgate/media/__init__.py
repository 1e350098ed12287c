"""Renditions: made once, in confined decoder processes, and kept with a frozen size and hash."""
