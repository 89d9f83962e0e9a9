"""Fixtures of the journal."""

from tests.contract.servers import admin, postgres_url

__all__ = ["admin", "postgres_url"]
