"""The backtest report: one HTML file that needs no network, for people to look at."""
