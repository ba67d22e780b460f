"""What the system watches in itself: measured after every coding, kept by day, shown on a page."""
