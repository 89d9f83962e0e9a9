"""Places to trade, one folder each."""
