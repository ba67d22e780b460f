"""Backups: what of a home cannot be made again, copied whole, verified, and put back."""
