"""Watching the system itself: what moved, what stood still, whom it treats differently."""
