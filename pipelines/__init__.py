"""Pipelines assemble: settings, definitions, schedules, the command line and the demo city."""
