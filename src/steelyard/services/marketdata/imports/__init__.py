"""Families of market-data files, one module each, listed in `registry`."""
