"""The server of Bitget's dialect: API v2 of the classic account, spot and USDT perpetuals."""
