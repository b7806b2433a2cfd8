"""The listings: each algorithm once, over an abstract arithmetic. What a run of one gives or loses is not in here."""

from . import deviations, elementwise, losses, probs, rows

__all__ = ["deviations", "elementwise", "losses", "probs", "rows"]
