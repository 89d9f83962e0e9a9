"""Market data: reading files of every family, generating markets, downloading history."""
