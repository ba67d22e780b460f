"""Files as they are: every kind a delivery comes in, read into one shape of raw rows, and where each cell stood."""
