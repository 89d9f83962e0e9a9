"""Binance as its clients know it: the server side of the dialect, for the local exchange."""
