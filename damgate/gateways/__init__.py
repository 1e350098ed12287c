"""The doors. Each turns requests into questions to the `Drive`, and its answers back; no rule lives here."""
