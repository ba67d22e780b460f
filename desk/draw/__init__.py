"""Pictures: drawn with matplotlib as SVG or PNG, the same bytes from the same figures."""
