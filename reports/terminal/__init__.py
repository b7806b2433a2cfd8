"""Runs, judgements and comparisons on a terminal."""
