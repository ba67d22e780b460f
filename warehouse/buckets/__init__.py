"""A whole city coded in buckets of enterprises, each by itself, wherever there is room for it."""
