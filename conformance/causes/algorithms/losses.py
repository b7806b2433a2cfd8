"""From log-probabilities to a loss: labels, smoothing, weights, ignored rows and reductions, as the case has them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .normal_form import NormalForm
from .tape import Number, where

Product = Callable[[Number, Number], Number]


def ieee_product(factor: Number, number: Number) -> Number:
    """A product as IEEE has it: 0 times infinity is NaN."""
    return factor * number


def constant(array: np.ndarray, like: Number) -> Number:
    """Return an array in the arithmetic of another number."""
    return Number(array.astype(like.data.dtype), like.machine)


def smoothed(case: NormalForm, labels: Number, outcomes: int) -> Number:
    """(1 - ε) y + ε/K."""
    if not case.smoothing:
        return labels
    share = case.smoothing / (outcomes if case.outcomes is None else case.outcomes)
    if case.smooths == "others":
        return labels * (1 - case.smoothing) + (1 - labels) * (case.smoothing / max(outcomes - 1, 1))
    return labels * (1 - case.smoothing) + share


def dense_targets(case: NormalForm, labels: Number) -> Number:
    """w y'."""
    targets = smoothed(case, labels, labels.data.shape[1])
    return targets if case.weight is None else targets * constant(case.weight, labels)


def dense_loss(case: NormalForm, logs: Number, labels: Number, product: Product) -> Number:
    """-Σ w y' log p, reduced."""
    return reduced(case, -product(dense_targets(case, labels), logs).sum())


def index_loss(case: NormalForm, logs: Number, product: Product) -> Number:
    """-w_y log p_y; with smoothing the sum over the classes as well. Ignored rows give 0."""
    loss = -logs.pick(case.index)
    if case.weight is not None:
        loss = constant(label_weights(case), logs) * loss
    if case.smoothing:
        weighted = logs if case.weight is None else product(constant(case.weight, logs), logs)
        share = case.smoothing / (logs.data.shape[1] if case.outcomes is None else case.outcomes)
        if case.smooths == "others":
            share = case.smoothing / max(logs.data.shape[1] - 1, 1)
            loss = loss * (1 - case.smoothing - share)
        else:
            loss = loss * (1 - case.smoothing)
        loss = loss - weighted.sum() * share
    return reduced(case, where(case.kept, loss, 0.0))


def label_weights(case: NormalForm) -> np.ndarray:
    """Return the weight of every row's label (R, 1), 0 for ignored rows."""
    weights = np.ones((1, case.arguments[0].shape[1])) if case.weight is None else case.weight.astype(np.float64)
    return np.where(case.kept, weights[0][case.index][:, None], 0.0)


def reduced(case: NormalForm, losses: Number) -> Number:
    """The losses themselves, their sum, or their mean."""
    if case.reduction == "none":
        return losses
    total = losses.total()
    return total if case.reduction == "sum" else total / divisor(case)


def divisor(case: NormalForm) -> float:
    """What a mean divides by, as the case reads the rule."""
    rows = case.arguments[0].shape[0]
    rule = case.divides_by
    if rule == "stated":
        rule = "weights" if case.labels is not None else "rows"
    if rule == "weights" and case.labels is None and case.weight is not None:
        return float((case.weight * np.ones(case.arguments[0].shape)).astype(np.float64).sum())
    match rule:
        case "weights" if case.labels is not None:
            return float(label_weights(case).sum())
        case "weights of all rows":
            return float(label_weights(case.with_(counts_ignored=True)).sum())
        case "elements":
            return float(case.arguments[0].size)
        case "nothing":
            return 1.0
    return float(rows)
