"""Seeded markets for machines without data: regimes, jumps, spread and order flow."""
