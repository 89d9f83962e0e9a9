"""Rolling statistics of market data. The only room on the line with floats."""
