"""The warehouse's tables, each declared once: creating, publishing and the data dictionary follow from it."""
