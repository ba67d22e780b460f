"""Composition root: settings, definitions, schedules, command line and the demo city."""
