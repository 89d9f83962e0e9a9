"""Bitget, API v2 of the classic account: spot and USDT perpetuals."""
