"""The assembly: the only place that names concrete classes."""
