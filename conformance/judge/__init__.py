"""Verdicts: answers held against the truth, counted per check, confirmed, and put into the record's words."""
