"""Compilation of hot parts: one decorator, one cache, exact arithmetic."""
