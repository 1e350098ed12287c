"""Accounts: who may log in, how wrong passwords are slowed down, and what programs sign with."""

from damgate.people.accounts import People
from damgate.people.keys import Keys
from damgate.people.passwords import generate_password
from damgate.people.sealing import Seal

__all__ = ["Keys", "People", "Seal", "generate_password"]
