"""Discrepancies with the same cause as findings, and what a record amounts to. What of it gates is in `gate`."""
