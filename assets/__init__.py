"""Assets declare: what is made, from what, checked how.  A body is one call; the work is in models and warehouse."""
