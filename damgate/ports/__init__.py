"""What the inside asks of the outside, as Protocols; `damgate.adapters` makes them real."""
