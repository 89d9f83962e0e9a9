"""The rooms of time, randomness, sockets and tasks: the only way to the world."""
