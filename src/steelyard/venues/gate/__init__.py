"""Gate's dialect of API v4: spot and USDT perpetuals of one account."""
