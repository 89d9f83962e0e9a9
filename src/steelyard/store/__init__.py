"""What is kept: catalog of market data, stored runs."""
