"""Scorecards learnt from history: labels, splits, fitting, evaluation and the gate a card must pass."""
