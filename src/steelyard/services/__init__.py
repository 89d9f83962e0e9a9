"""Work done for people: market data, research."""
