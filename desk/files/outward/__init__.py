"""What the desk has, as documents for another authority's platform, by a mapping that names the fields of its side."""
