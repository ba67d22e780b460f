"""Homes that earlier versions of the program wrote: ``python -m tests.upgrade NAME`` keeps one of this version."""
