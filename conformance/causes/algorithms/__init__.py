"""Algorithms in simulated floating-point arithmetic, right ones and their parts. No mistake is planted here."""
