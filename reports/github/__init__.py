"""Annotations and job summaries for GitHub. What gates is decided in `gate`."""
