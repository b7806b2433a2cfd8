"""The inputs that properties are tried on, from exact integer draws. What must hold of them is in `statements`."""
