"""Words: every text in the languages people read."""
