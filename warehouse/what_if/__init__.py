"""What if: past codes as known then, and codes under other rules.  Nothing here writes what is issued."""
