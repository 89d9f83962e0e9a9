"""Public history from venues, through ccxt: paged, resumed, retried, then added to the catalog."""
