"""The properties themselves, a file a family, with the published figures and errata."""
