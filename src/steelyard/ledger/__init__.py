"""Double entry: every movement of money is one balanced transfer."""
