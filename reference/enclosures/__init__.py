"""Certified enclosures of every result, by ball arithmetic, and distances in ulps. What is lost is in `bounds`."""
