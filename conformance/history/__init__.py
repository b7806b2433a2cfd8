"""Runs filed by backend and version, and found again. What they hold is the record's business."""
