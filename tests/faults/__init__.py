"""Disks, files, clocks and deliveries that fail, met by real processes: ``python -m tests.faults``."""
