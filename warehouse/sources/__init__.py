"""Deliveries: a folder or a query, and the mapping file that says how to read it."""
