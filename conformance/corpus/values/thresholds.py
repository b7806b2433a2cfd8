"""Where implementations change their formula, or a format ends: the places at which errors gather."""

from __future__ import annotations

from logitproof.reference import FORMATS, Format

from ...inputs.bits import LN2

LOG_OF_INTEGERS = (
    0.0,
    0.6931471805599453,
    1.0986122886681098,
    1.3862943611198906,
    1.6094379124341003,
    1.791759469228055,
    1.9459101490553132,
    2.0794415416798357,
    2.1972245773362196,
    2.302585092994046,
    2.3978952727983707,
    2.4849066497880004,
    2.5649493574615367,
    2.6390573296152584,
    2.70805020110221,
    2.772588722239781,
    2.833213344056216,
)
"""log 1 … log 17: rows of -log n have a log-sum-exp next to 0, where x - lse and m + log s cancel."""

KNOWN_CUTOFFS = (
    20.0,  # torch softplus: linear above
    2.852030263919617,  # TensorFlow softplus: -(log eps + 2), bfloat16
    4.931471805599453,  # … float16
    13.942385152878742,  # … float32
    34.04365338911715,  # … float64
    7.90531110763549805,  # tanh by rational approximation saturates (Eigen, XLA)
    9.0,
    16.619047164916992,  # Eigen's logistic saturates
    18.0,
    33.3,  # log(1 + e^x) ≈ x + e^-x (Mächler, log1mexp)
    37.0,
    88.3762626647949,  # largest argument of the Cephes exp in single precision
    16.11809565095832,  # -log 1e-7: Keras clips probabilities there
    100.0,  # torch clamps the logarithm of a probability at -100
)
"""Arguments (±) at which well-known kernels switch formula."""

KNOWN_PROBABILITIES = (
    1e-7,  # Keras's epsilon
    1e-12,  # least denominator of torch's binary cross-entropy gradient
    1e-15,
    1e-8,
    1e-6,
    3.720075976020836e-44,  # e^-100
)
"""Probabilities at which well-known kernels clip."""


def overflow_argument(fmt: Format) -> float:
    """Return x beyond which e^x exceeds the format: (emax + 1) log 2, e.g. 88.72 for float32."""
    return (fmt.emax + 1) * LN2


def subnormal_argument(fmt: Format) -> float:
    """Return x > 0 beyond which e^-x is subnormal: -emin log 2, e.g. 87.34 for float32."""
    return -fmt.emin * LN2


def vanishing_argument(fmt: Format) -> float:
    """Return x > 0 beyond which e^-x rounds to 0: (p - emin) log 2, e.g. 103.97 for float32."""
    return (fmt.precision - fmt.emin) * LN2


def exponential_edges(fmt: Format) -> tuple[float, ...]:
    """Return where e^x or e^-x leaves the format, or float32, in which 16-bit formats are often computed."""
    formats = {fmt.name: fmt, "float32": FORMATS["float32"]} if fmt.precision < 24 else {fmt.name: fmt}
    edges = (overflow_argument, subnormal_argument, vanishing_argument)
    return tuple(edge(each) for each in formats.values() for edge in edges)


def argument_thresholds(fmt: Format) -> tuple[float, ...]:
    """Return every |x| at which an exponential, a logistic or a softplus of `fmt` may change its formula."""
    eaten = (fmt.precision * LN2, (fmt.precision + 1) * LN2)  # 1 + e^-x rounds to 1 beyond these
    return (*KNOWN_CUTOFFS, *exponential_edges(fmt), *eaten)
