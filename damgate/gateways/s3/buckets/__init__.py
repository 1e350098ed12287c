"""The operations on buckets themselves."""
