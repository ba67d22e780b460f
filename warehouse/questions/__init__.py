"""Named questions about the published copy; each takes an open read-only connection."""
