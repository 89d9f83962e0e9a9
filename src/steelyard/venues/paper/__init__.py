"""The paper venue: a whole exchange around the simulator, in process or behind a socket."""
