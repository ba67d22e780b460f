"""The tables of the warehouse: what is created, and how an older file is brought up to date."""
