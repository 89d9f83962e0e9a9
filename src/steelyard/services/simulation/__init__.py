"""A world in one thread: virtual time, a network that lies, faults from a table, checks."""
