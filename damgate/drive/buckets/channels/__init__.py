"""The buckets of channels: what can be had of them, as objects that are only read."""
