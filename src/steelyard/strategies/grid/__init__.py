"""The grid: market making on a ladder of price slots."""
