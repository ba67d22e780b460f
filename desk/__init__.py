"""Desk speaks.

All that people see.  Words, sentences, pictures, pages, files, the terminal.  Reads the published copy.
"""
