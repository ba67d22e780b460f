"""Sentences: what a figure or a fact is called when a person reads it."""
