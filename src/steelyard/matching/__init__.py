"""The matching engine: what a venue does with an order."""
