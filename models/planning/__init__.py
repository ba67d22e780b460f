"""Planning: who is visited when, and by which rule."""
