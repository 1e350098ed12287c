"""What damgate is about, in plain Python: no protocol, no library, no clock, no disk."""
