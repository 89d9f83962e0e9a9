"""Stored backtests: one JSON file a run."""
