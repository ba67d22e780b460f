"""Learning: panels read from stored versions, evaluations and cards kept."""
