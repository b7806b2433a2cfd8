"""The search for inputs that break a property, by Hypothesis. The fixed draws of a run are in `domains`."""
