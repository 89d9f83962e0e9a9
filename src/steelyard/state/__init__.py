"""What is true now: records, orders, positions, money arithmetic."""
