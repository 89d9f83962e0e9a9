"""OKX, API v5: spot and USDT-margined perpetual swaps of one unified account."""
