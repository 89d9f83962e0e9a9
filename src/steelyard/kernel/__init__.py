"""The narrow waist: one event in, one outcome out, no I/O."""
