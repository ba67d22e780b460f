"""The passport of an enterprise: why it has its code, what comes by itself, and what would change it."""
