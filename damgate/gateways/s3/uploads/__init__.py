"""The operations on uploads in parts."""
