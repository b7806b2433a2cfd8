"""The functions: catalogue, literal definitions, derivatives, deviations. Their evaluation is in `enclosures`."""
