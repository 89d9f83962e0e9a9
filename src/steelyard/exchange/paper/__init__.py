"""The paper process: a simulated exchange on a local socket, with books of its own."""
