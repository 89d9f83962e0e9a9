"""Benchmarks: `make bench` prints one JSON object; nothing here is a test."""
