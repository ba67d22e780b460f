"""What the terminal shows: tables and lines that fit 80 columns."""
