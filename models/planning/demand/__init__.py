"""What is due: items of all channels, what they give way to, and the one visit that settles them."""
