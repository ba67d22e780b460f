"""A first mapping from the files themselves: what they seem to hold, how much of it fits, and what stays open."""
