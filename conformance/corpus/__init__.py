"""The deterministic inputs of a run: recipes by function, built into batches. Random search is in `hunt`."""
