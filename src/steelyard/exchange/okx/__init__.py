"""OKX's side of the wire: API v5 for spot and USDT perpetuals, spoken to any client."""
