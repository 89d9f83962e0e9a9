"""Research: backtests, their figures, their honesty, their report."""
