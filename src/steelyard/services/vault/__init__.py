"""The vault: credentials of accounts, sealed in one file, and the keys that open it."""
