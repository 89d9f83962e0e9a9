"""The journal of each book: chained rows, leases, snapshots; in memory, SQLite or PostgreSQL."""
