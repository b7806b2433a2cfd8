"""What an algorithm may lose: rounding errors propagated through each listing. What is true is in `enclosures`."""
