"""Backends as the parent process sees them: naming, starting, asking and ending workers. Nothing judges here."""
