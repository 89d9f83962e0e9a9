"""Every exchange that ccxt knows, as one generic venue: slower than a folder, and wider."""
