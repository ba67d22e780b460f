"""Pages: one HTML file each, to read and to print, without network or script."""
