"""Cells by kind: what the text, day, number, code or flag in a cell of a delivery says, and what is an error."""
