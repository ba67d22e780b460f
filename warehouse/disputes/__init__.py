"""Objections and overrides: what is contested, what was decided, and how decisions reach the data."""
