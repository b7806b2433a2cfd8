"""What must hold of softmax at a temperature: softmax(x/τ), where τ is a power of two and x/τ all but always exact."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, exp, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most
from ..domains.inputs import logits, one_of, wide
from .row_claims import only_where

stated = Statements()
"""In the order in which they are told."""


def _temperature(*values: float) -> Domain:
    return Domain((logits(), one_of("tau", values, "the temperature")))


def _scaled(x: Array, tau: Array) -> Array:
    with np.errstate(over="ignore", under="ignore"):
        return (x / tau).astype(x.dtype)


@stated(
    "temperature-limits",
    "As the temperature rises softmax(x/τ) tends to the uniform distribution: no probability is further from 1/n than "
    "a factor of e^(D/τ), D being the distance from the smallest to the largest logit.",
    r"\tfrac1n e^{-D/\tau} \le \operatorname{softmax}(x/\tau)_i \le \tfrac1n e^{D/\tau},\quad D = \max x - \min x",
    source="S4",
    functions=("softmax",),
    domain=_temperature(1.0, 2.0, 16.0, 1024.0),
)
def _hot(f: Functions, x: Array, tau: Array) -> Relations:
    scaled = _scaled(x, tau)
    probs, n = f("softmax", scaled), scaled.shape[-1]
    # Of the numbers as they have been rounded: at e^(D/τ), near 1, no probability is far from 1/n.
    distance = exp(exact(scaled.max(axis=-1, keepdims=True)) - exact(scaled.min(axis=-1, keepdims=True)))
    yield at_most(n * probs, distance, "no class has much more than 1/n")
    yield at_most(1 / distance, n * probs, "no class has much less than 1/n")


@stated(
    "temperature-hard-maximum",
    "As the temperature falls to 0 softmax(x/τ) tends to a hard maximum: the k largest logits, if they are equal, "
    "share everything, and a logit that is less by g gets at most e^(-g/τ) of what one of them gets.",
    r"\frac{1}{k + (n - k)\,e^{-g/\tau}} \le p_{\text{leader}} \le \frac1k,\quad "
    r"p_{\text{other}} \le \frac{e^{-g/\tau}}{k}",
    source="S4",
    functions=("softmax",),
    domain=_temperature(1.0, 0.5, 0.0625, 0.0009765625),
)
def _cold(f: Functions, x: Array, tau: Array) -> Relations:
    scaled = _scaled(x, tau)
    probs, numbers = f("softmax", scaled), wide(scaled)
    leads = numbers == numbers.max(axis=-1, keepdims=True)
    leaders = leads.sum(axis=-1, keepdims=True)
    next_one = np.where(leads, -np.inf, numbers).max(axis=-1, keepdims=True)
    behind = exp(exact(next_one) - exact(numbers.max(axis=-1, keepdims=True)))
    # Where all lead there is no next one, and nobody to take anything from them.
    taken = times(exact(scaled.shape[-1] - leaders), behind)
    leading, others = only_where(leads, probs), only_where(~leads, probs)
    yield at_most(1 / (exact(leaders) + taken), leading, "a leader has all but its share of what the others have")
    yield at_most(leading, 1 / exact(leaders), "a leader has no more than its share")
    yield at_most(others, behind / exact(leaders), "another class has next to nothing")


@stated(
    "temperature-entropy",
    "The entropy of softmax(x/τ) never falls as the temperature rises.",
    r"\tau \le \tau' \implies H(\operatorname{softmax}(x/\tau)) \le H(\operatorname{softmax}(x/\tau'))",
    source="S4",
    functions=("softmax", "log_softmax"),
    domain=_temperature(1.0, 2.0, 0.5, 16.0, 0.0625, 1024.0, 0.0009765625),
)
def _entropy(f: Functions, x: Array, tau: Array) -> Relations:
    scaled = _scaled(x, tau)
    with np.errstate(over="ignore"):
        is_exact = (scaled * tau == x).all(axis=-1)
    cold, hot = (x, scaled) if tau[0] >= 1 else (scaled, x)
    yield at_most(_entropy_of(f, cold), only_where(is_exact, _entropy_of(f, hot)))


def _entropy_of(f: Functions, logits_: np.ndarray) -> Balls:
    return -total(f("softmax", logits_) * f("log_softmax", logits_))
