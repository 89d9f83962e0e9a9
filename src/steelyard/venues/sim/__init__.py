"""The simulator as a venue: the matching engine behind the venue port."""
