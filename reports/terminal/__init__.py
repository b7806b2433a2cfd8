"""Runs, judgements and comparisons on a terminal, as renderables. Whoever prints them decides about colour."""
