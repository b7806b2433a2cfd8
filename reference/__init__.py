"""What is true, and how accurately it can be computed. No framework, and nothing that judges one."""

from . import algorithms
from .bounds.bounds import Bounds, error_bounds, flushed_bound, may_be_flushed
from .bounds.spread import Spread, spread_bound
from .call import Call
from .enclosures.balls import working_precision
from .enclosures.enclose import ball, enclose
from .enclosures.enclosure import Enclosure
from .enclosures.ulps import Distance, distance, in_ulps, overflows
from .formats import FORMATS, Format, format_named, format_of
from .function import LITERAL, Argument, Formula, Function, Quantity
from .functions.catalogue import DEFINITIONS, FUNCTIONS, function_named
from .limits.limits import LIMITS, Limit, Status

__all__ = [
    "DEFINITIONS",
    "FORMATS",
    "FUNCTIONS",
    "LIMITS",
    "LITERAL",
    "Argument",
    "Bounds",
    "Call",
    "Distance",
    "Enclosure",
    "Format",
    "Formula",
    "Function",
    "Limit",
    "Quantity",
    "Spread",
    "Status",
    "algorithms",
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
