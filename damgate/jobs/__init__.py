"""The lease table's use: background threads that take jobs, keep their lease, and give up after five tries."""
