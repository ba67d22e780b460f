"""Acts that are killed at whatever they would change next: ``python -m tests.kills --kills 200``."""
