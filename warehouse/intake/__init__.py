"""Intake: a folder or a query, the mapping file that says how to read it, and what is accepted or refused."""
