"""Who goes when: crews, days, borrowing, and the proof of what does not fit."""
