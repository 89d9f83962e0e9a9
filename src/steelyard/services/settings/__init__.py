"""The configuration of a house: read in layers, checked as a whole, compared when it changes."""
