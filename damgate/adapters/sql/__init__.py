"""The catalogue in SQLite, spoken to through SQLAlchemy Core."""

from __future__ import annotations

from damgate.adapters.sql.catalogue import SqlCatalogue

__all__ = ["SqlCatalogue"]
