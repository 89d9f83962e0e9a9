"""The ground: values every room may speak of. Imports nothing of ours."""
