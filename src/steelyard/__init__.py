"""Steelyard: trading robots on crypto exchanges, from backtest to live, on one kernel."""
