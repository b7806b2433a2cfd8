"""The catalogue: an entry for each function, which tells where all of it is. What an entry consists of lies below."""
