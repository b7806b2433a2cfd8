"""Environments for the two sides of an upgrade: requirements, installers, caches. Comparing is in `compare`."""
