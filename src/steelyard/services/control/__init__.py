"""A trading process and its command line: requests over a local socket."""
