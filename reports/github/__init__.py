"""Annotations and job summaries for GitHub."""
