"""Strategies, one folder each, and their registry."""
