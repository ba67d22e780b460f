"""The colours of codes."""

CODE_COLOURS = {"red": "#c62828", "yellow": "#8a6200", "blue": "#1565c0", "green": "#2e7d32"}
CODE_FILLS = {"red": "#c62828", "yellow": "#f0b400", "blue": "#1565c0", "green": "#2e7d32"}
CODE_TINTS = {"red": "#f9e3e2", "yellow": "#fcf2d8", "blue": "#e1ecf8", "green": "#e4f1e5"}
