"""Accounts: who may log in, and how wrong passwords are slowed down."""

from damgate.people.accounts import People
from damgate.people.passwords import generate_password

__all__ = ["People", "generate_password"]
