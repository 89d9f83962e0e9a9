"""The shell around kernels: planes, wakes, the live driver."""
