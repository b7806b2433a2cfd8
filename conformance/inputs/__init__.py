"""Exact inputs as data: batches, cases, shapes, files, witnesses, hashes. Which inputs to try is said elsewhere."""
