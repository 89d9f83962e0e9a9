"""The dialect of Binance: spot and USDT perpetuals."""
