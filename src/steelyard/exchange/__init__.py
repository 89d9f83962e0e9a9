"""Exchanges of our own, served to others."""
