"""Generators of the documents that must agree with the code."""
