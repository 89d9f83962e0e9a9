"""The hall of the local exchange: one engine, accounts and market behind each spoken dialect."""
