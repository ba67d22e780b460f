"""From points to a code: verdicts of a day, rules of change, the path of a code over time, and its explanation."""
