"""What is true, and how accurately it can be computed."""

from ._balls import working_precision
from ._bounds import Bounds, error_bounds, flushed_bound, may_be_flushed
from ._bounds_spread import Spread, spread_bound
from ._catalogue import FUNCTIONS, Argument, Function, function_named
from ._deviations import DEFINITIONS
from ._enclose import ball, enclose
from ._enclosure import Enclosure, Status
from ._formats import FORMATS, Format, format_named, format_of
from ._limits import LIMITS, Limit
from ._ulps import Distance, distance, in_ulps, overflows

__all__ = [
    "DEFINITIONS",
    "FORMATS",
    "FUNCTIONS",
    "LIMITS",
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
