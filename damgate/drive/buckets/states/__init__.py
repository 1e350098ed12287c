"""The buckets of workflow states: the tree below a state as objects."""
