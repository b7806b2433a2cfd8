"""Deviating definitions: what some frameworks state, or deliberately do, instead of the literal function.

An adapter declares which of them an entry point follows; its results are judged against that definition and listed as
a convention beside the literal one. Constants are rounded to the storage format of the arguments, as the frameworks
round them. The derivative of a clip is 1 inside its interval and 0 outside; on the edge it is a choice.
"""

from __future__ import annotations

import numpy as np
from flint import arb

from ..formats import FORMATS, Format
from . import gradients, values
from .operands import Operands
from .values import ZERO, product, softmax_of, total


def rounded(value: float, fmt: Format) -> float:
    """Return `value` rounded to nearest in the format."""
    return float(np.asarray(value).astype(fmt.numpy_dtype))


def keras_interval(fmt: Format) -> tuple[float, float]:
    """Return (10^-7, 1 − 10^-7), Keras's `epsilon()` as the dtype holds it: the upper end is 1 in 16 bits."""
    return rounded(1e-7, fmt), rounded(1.0 - 1e-7, fmt)


def torch_interval(fmt: Format) -> tuple[float, float]:
    """Return (eps, 1 − eps) with eps = 2^(1−p): the interval of `torch.distributions`' `clamp_probs`."""
    return 2.0 ** (1 - fmt.precision), 1.0 - 2.0 ** (1 - fmt.precision)


def bce_floor(fmt: Format) -> float:
    """Return the smallest denominator of PyTorch's binary cross-entropy backward: a float32 10^-12 in the dtype."""
    return rounded(rounded(1e-12, FORMATS["float32"]), fmt)


# softplus, torch: x itself above threshold = 20


def linear_softplus(operands: Operands) -> list[arb]:
    """log(1 + e^x), x itself above 20."""
    return [arb(x) if x > 20 else arb(x).exp().log1p() for x in operands.arguments[0]]


def linear_softplus_by_x(operands: Operands) -> list[arb]:
    """v σ(x), v itself above 20."""
    slopes = [arb(1) if x > 20 else 1 / (1 + arb(-x).exp()) for x in operands.arguments[0]]
    return [slope * v for slope, v in zip(slopes, operands.cotangent, strict=True)]


# binary_cross_entropy, torch: logarithms not below −100


def _clamped_log(p: float) -> arb:
    return arb(p).log().max(arb(-100)) if p > 0 else arb(-100)


def _clamped_log_of_rest(p: float) -> arb:
    return arb(-p).log1p().max(arb(-100)) if p < 1 else arb(-100)


def clamped_bce(operands: Operands) -> list[arb]:
    """−(z' max(log p, −100) + (1 − z') max(log(1 − p), −100))."""
    probs, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    return [
        -(product(z, _clamped_log, p) + product(1 - z, _clamped_log_of_rest, p))
        for z, p in zip(positive, probs, strict=True)
    ]


def clamped_bce_by_probs(operands: Operands) -> list[arb]:
    """v (p − z') / max(p (1 − p), 10^-12)."""
    probs, labels = operands.arguments
    floor = arb(bce_floor(operands.format))
    positive = operands.smoothed(labels, 2)
    return [
        v * (p - z) / (p * (1 - arb(p))).max(floor) for p, z, v in zip(probs, positive, operands.cotangent, strict=True)
    ]


# Clipped arguments, keras


def _clip(numbers: list[float], low: float, high: float) -> list[float]:
    return [min(max(value, low), high) for value in numbers]


def _inside(numbers: list[float], low: float, high: float, slopes: list[arb]) -> list[arb]:
    return [slope if low < value < high else ZERO for value, slope in zip(numbers, slopes, strict=True)]


def _clipped_probs(operands: Operands) -> Operands:
    probs, *others = operands.arguments
    return operands._replace(arguments=(_clip(probs, *keras_interval(operands.format)), *others))


def clipped_bce(operands: Operands) -> list[arb]:
    """Binary cross-entropy of clip(p)."""
    return values.binary_cross_entropy(_clipped_probs(operands))


def clipped_bce_by_probs(operands: Operands) -> list[arb]:
    """Its derivative, 0 outside the clip."""
    slopes = gradients.binary_cross_entropy_by_probs(_clipped_probs(operands))
    return _inside(operands.arguments[0], *keras_interval(operands.format), slopes)


def clipped_bce_by_labels(operands: Operands) -> list[arb]:
    """The derivative by the labels at clip(p)."""
    return gradients.binary_cross_entropy_by_labels(_clipped_probs(operands))


# binary_cross_entropy, Keras 2: −(z log(c + ε) + (1 − z) log(1 − c + ε)) with c = clip(p)


def _guarded(operands: Operands) -> list[tuple[arb, arb]]:
    low, high = keras_interval(operands.format)
    clipped = _clip(operands.arguments[0], low, high)
    return [(arb(p) + low, 1 - arb(p) + low) for p in clipped]


def guarded_bce(operands: Operands) -> list[arb]:
    """−(z' log(c + ε) + (1 − z') log(1 − c + ε)) with c = clip(p)."""
    positive = operands.smoothed(operands.arguments[1], 2)
    return [
        -(z * inner.log() + (1 - z) * rest.log()) for z, (inner, rest) in zip(positive, _guarded(operands), strict=True)
    ]


def guarded_bce_by_probs(operands: Operands) -> list[arb]:
    """v ((1 − z') / (1 − c + ε) − z' / (c + ε)), 0 outside the clip."""
    probs, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    # (1 − z)/r − z/s over one denominator, with s + r = 1 + 2ε: exactly 0 at z (s + r) = s
    slopes = [
        v * (inner - z * (inner + rest)) / (inner * rest)
        for z, (inner, rest), v in zip(positive, _guarded(operands), operands.cotangent, strict=True)
    ]
    return _inside(probs, *keras_interval(operands.format), slopes)


def guarded_bce_by_labels(operands: Operands) -> list[arb]:
    """v (1 − ε) log((1 − c + ε) / (c + ε))."""
    keep = 1 - arb(operands.smoothing)
    return [
        ZERO if (inner - rest).is_zero() else keep * v * (rest / inner).log()
        for (inner, rest), v in zip(_guarded(operands), operands.cotangent, strict=True)
    ]


def _clipped_pair(operands: Operands) -> Operands:
    low = keras_interval(operands.format)[0]
    labels, probs = operands.arguments
    return operands._replace(arguments=(_clip(labels, low, 1.0), _clip(probs, low, 1.0)))


def clipped_kl(operands: Operands) -> list[arb]:
    """The divergence of clip(y) and clip(p)."""
    return values.sum_of(values.kl_terms)(_clipped_pair(operands))


def clipped_kl_by_labels(operands: Operands) -> list[arb]:
    """Its derivative by y, 0 outside the clip."""
    slopes = gradients.kl_by_labels(_clipped_pair(operands))
    return _inside(operands.arguments[0], keras_interval(operands.format)[0], 1.0, slopes)


def clipped_kl_by_probs(operands: Operands) -> list[arb]:
    """Its derivative by p, 0 outside the clip."""
    slopes = gradients.kl_by_probs(_clipped_pair(operands))
    return _inside(operands.arguments[1], keras_interval(operands.format)[0], 1.0, slopes)


# sparse_categorical_cross_entropy, keras: softmax cross-entropy of the logarithms of the clipped probabilities,
# −log(q_y / Σ q_j) with q = clip(p)


def clip_softmax(operands: Operands) -> list[arb]:
    """−log(q_y / Σ q_j) with q = clip(p)."""
    if operands.label is None:
        return [ZERO]
    clipped = _clip(operands.arguments[0], *keras_interval(operands.format))
    return [-(clipped[operands.label] / total([arb(q) for q in clipped])).log()]


def clip_softmax_by_probs(operands: Operands) -> list[arb]:
    """v (1 / Σ q_j − [i = y] / q_i), 0 outside the clip."""
    low, high = keras_interval(operands.format)
    clipped = _clip(operands.arguments[0], low, high)
    if operands.label is None:
        return [ZERO] * len(clipped)
    slopes = [1 / total([arb(q) for q in clipped])] * len(clipped)
    slopes[operands.label] -= 1 / arb(clipped[operands.label])
    return _inside(operands.arguments[0], low, high, [operands.cotangent[0] * slope for slope in slopes])


# Normalised, then clipped: categorical_cross_entropy of keras, entropy of torch.distributions.Categorical


def _normalised(probs: list[float], interval: tuple[float, float]) -> tuple[arb, list[arb], list[arb], list[bool]]:
    """Return Σ q, p = q/Σ q, p clipped, and which entries lie inside the interval."""
    norm = total([arb(q) for q in probs])
    shares = [q / norm for q in probs]
    low, high = interval
    clipped = [share.max(arb(low)).min(arb(high)) for share in shares]
    return norm, shares, clipped, [bool(share > low) and bool(share < high) for share in shares]


def normalised_ce(operands: Operands) -> list[arb]:
    """−Σ y'_j log clip(p_j / Σ p_k)."""
    probs, labels = operands.arguments
    _, _, clipped, _ = _normalised(probs, keras_interval(operands.format))
    targets = operands.smoothed(labels, len(labels))
    return [-total([t * p.log() for t, p in zip(targets, clipped, strict=True) if not t.is_zero()])]


def normalised_ce_by_probs(operands: Operands) -> list[arb]:
    """Its derivative through the clip and the sum."""
    # with p = q/s: ∂/∂q_i = Σ_inside t_j / s − [i inside] t_i / q_i
    probs, labels = operands.arguments
    norm, _, _, inside = _normalised(probs, keras_interval(operands.format))
    targets = [t if is_in else ZERO for t, is_in in zip(operands.smoothed(labels, len(labels)), inside, strict=True)]
    common = total(targets) / norm
    return [
        operands.cotangent[0] * (common - t / q if is_in else common)
        for t, q, is_in in zip(targets, probs, inside, strict=True)
    ]


def normalised_ce_by_labels(operands: Operands) -> list[arb]:
    """−v (1 − ε) log clip(p_i / Σ p_k)."""
    _, _, clipped, _ = _normalised(operands.arguments[0], keras_interval(operands.format))
    scale = (arb(operands.smoothing) - 1) * operands.cotangent[0]
    return [scale * p.log() for p in clipped]


def normalised_entropy(operands: Operands) -> list[arb]:
    """−Σ q_j log clamp(q_j) with q = p / Σ p."""
    _, shares, clipped, _ = _normalised(operands.arguments[0], torch_interval(operands.format))
    return [-total([share * p.log() for share, p in zip(shares, clipped, strict=True) if not share.is_zero()])]


def normalised_entropy_by_probs(operands: Operands) -> list[arb]:
    """Its derivative through the clamp and the sum."""
    # g_j = −(log clip(p_j) + [j inside]); ∂/∂q_i = (g_i − Σ g_j p_j)/s
    norm, shares, clipped, inside = _normalised(operands.arguments[0], torch_interval(operands.format))
    slopes = [-(p.log() + int(is_in)) for p, is_in in zip(clipped, inside, strict=True)]
    mean = total([g * share for g, share in zip(slopes, shares, strict=True)])
    return [operands.cotangent[0] * (g - mean) / norm for g in slopes]


# softmax_cross_entropy, tensorflow: labels sum to one, so the gradient is p − y


def unit_labels_by_logits(operands: Operands) -> list[arb]:
    """v (p − y'): as if the labels summed to one."""
    targets = operands.smoothed(operands.arguments[1], len(operands.arguments[1]))
    probs = softmax_of(operands.arguments[0])
    return [operands.cotangent[0] * (p - t) for p, t in zip(probs, targets, strict=True)]
