"""What is true, and how accurately it can be computed. No framework, and nothing that judges one."""

from .bounds.bounds import Bounds, error_bounds, flushed_bound, may_be_flushed
from .bounds.spread import Spread, spread_bound
from .enclosures.balls import working_precision
from .enclosures.enclose import ball, enclose
from .enclosures.enclosure import Enclosure, Status
from .enclosures.limits import LIMITS, Limit
from .enclosures.ulps import Distance, distance, in_ulps, overflows
from .formats import FORMATS, Format, format_named, format_of
from .functions.catalogue import FUNCTIONS, Argument, Function, function_named
from .functions.deviations import DEFINITIONS, LITERAL

__all__ = [
    "DEFINITIONS",
    "FORMATS",
    "FUNCTIONS",
    "LIMITS",
    "LITERAL",
    "Argument",
    "Bounds",
    "Distance",
    "Enclosure",
    "Format",
    "Function",
    "Limit",
    "Spread",
    "Status",
    "ball",
    "distance",
    "enclose",
    "error_bounds",
    "flushed_bound",
    "format_named",
    "format_of",
    "function_named",
    "in_ulps",
    "may_be_flushed",
    "overflows",
    "spread_bound",
    "working_precision",
]
