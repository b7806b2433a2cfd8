"""A run from request to record: what is examined, by which workers, in which order. Judging is in `judge`."""
