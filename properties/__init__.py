"""logitproof: part."""
