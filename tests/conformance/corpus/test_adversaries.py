"""What the corpus is for: for each well-known way to get a function wrong, a batch of the ci profile shows it.

A faulty float32 implementation is exposed where its error is 64 times that of a competent float32 one and 64 ulps more,
or where it is not finite and the truth is. The truth is float64 arithmetic of forms that do not cancel, whose error is
below 2^-45 of the result: too small by far to matter here. The judge, which needs certified truth, is tested elsewhere.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from logitproof.conformance.corpus.corpus import build, keys

ULP = 2.0**-23
QUANTUM = 2.0**-149


def batches(function):
    for key in keys("ci", functions=[function], dtypes=["float32"]):
        if not key.name.startswith("limits"):
            yield build(key)


def exposed(function, faulty, competent, gradient=None):
    """The names of the batches that show `faulty` to be worse than `competent`."""
    names = []
    with np.errstate(all="ignore"):
        for batch in batches(function):
            call = (*batch.arguments, *([batch.cotangent] if gradient else []))
            wide = [array.astype(np.float64) if array.dtype == np.float32 else array for array in call]
            parameters = dict(batch.parameters)
            exact = {k: v.astype(np.float64) if isinstance(v, np.ndarray) else v for k, v in parameters.items()}
            truth = np.asarray(competent(*wide, **exact))
            good, bad = (np.asarray(f(*call, **parameters)).astype(np.float64) for f in (competent, faulty))
            judged = np.isfinite(truth) & (np.abs(truth) < 3e38) & np.isfinite(good)
            allowed = 64 * (np.abs(good - truth) + ULP * np.abs(truth) + QUANTUM)
            if bad.shape != truth.shape or bool((judged & ~(np.abs(bad - truth) <= allowed)).any()):
                names.append(batch.name)
    return names


def shifted(x, axis):
    return x - x.max(axis=axis, keepdims=True)


def exps(x, axis):
    e = np.exp(shifted(x, axis))
    return e, e.sum(axis=axis, keepdims=True)


def softmax(x, axis):
    e, total = exps(x, axis)
    return e / total


def log_sum(x, axis):
    """log Σ exp(x - max) from the terms without the maximum: does not cancel."""
    e = np.exp(shifted(x, axis))
    top = np.expand_dims(np.argmax(x, axis=axis), axis)
    np.put_along_axis(e, top, 0, axis=axis)
    return np.log1p(e.sum(axis=axis, keepdims=True))


def log_softmax(x, axis):
    return shifted(x, axis) - log_sum(x, axis)


def per_row(function):
    """An implementation of one row at a time, applied to the last axis."""

    def whole(x, axis):
        rows = np.moveaxis(x, axis, -1)
        done = np.array([function(row) for row in rows.reshape(-1, rows.shape[-1])]).astype(x.dtype)
        return np.moveaxis(done.reshape(rows.shape), -1, axis)

    return whole


def online(row):
    m, total = np.float32(-np.inf), np.float32(0)
    for x in row[:64]:
        new = max(m, x)
        total, m = total * np.exp(m - new) + np.exp(x - new), new
    return np.exp(row - m) / (total if len(row) <= 64 else np.exp(row - m).sum())


def without_tail(row):
    whole = len(row) - len(row) % 8 if len(row) >= 8 else len(row)
    e = np.exp(row - row.max())
    return e / e[:whole].sum()


def half_sum(x, axis):
    e = np.exp(shifted(x, axis)).astype(np.float16)
    total = np.add.accumulate(e, axis=axis, dtype=np.float16).take([-1], axis=axis)
    return (e / total).astype(x.dtype)


def late_rows_wrong(x, axis):
    y = np.array(softmax(x, axis))
    if y.ndim == 2 and axis == -1:
        y[256:] = 0
    return y


def flushed(x, axis):
    y = softmax(x, axis)
    return np.where(np.abs(y) < 2.0**-126, 0, y)


SOFTMAX = {
    "naive exp": lambda x, axis: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True),
    "shift by the mean": lambda x, axis: softmax_by(x, x.mean(axis=axis, keepdims=True), axis),
    "shift by the first": lambda x, axis: softmax_by(x, x.take([0], axis=axis), axis),
    "shift by the largest of all rows": lambda x, axis: softmax_by(x, x.max(), axis),
    "last axis always": lambda x, **_: softmax(x, -1),
    "first axis always": lambda x, **_: softmax(x, 0),
    "sum of the vector's tail left out": per_row(without_tail),
    "online from -inf": per_row(online),
    "float16 accumulation": half_sum,
    "rows from the 257th": late_rows_wrong,
    "flush to zero": flushed,
    "clipped": lambda x, axis: np.clip(softmax(x, axis), 1e-7, None),
    "masks as -1e4": lambda x, axis: softmax(np.maximum(x, np.float32(-1e4)), axis),
    "exponentials of x - lse": lambda x, axis: np.exp(x - (x.max(axis, keepdims=True) + log_sum(x, axis))),
}


def softmax_by(x, shift, axis):
    e = np.exp(x - shift)
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("fault", SOFTMAX)
def test_a_faulty_softmax_is_exposed(fault):
    assert exposed("softmax", SOFTMAX[fault], softmax)


def test_a_competent_softmax_is_not_exposed():
    two_pass = per_row(lambda row: np.exp(row - row.max()) / np.exp(row - row.max()).sum())
    assert exposed("softmax", two_pass, softmax) == []


LOG_SOFTMAX = {
    "log of softmax": lambda x, axis: np.log(softmax(x, axis)),
    "x - lse": lambda x, axis: x - (x.max(axis=axis, keepdims=True) + log_sum(x, axis)),
    "no log1p": lambda x, axis: shifted(x, axis) - np.log(exps(x, axis)[1]),
    "clipped": lambda x, axis: np.maximum(log_softmax(x, axis), np.float32(-100)),
}


@pytest.mark.parametrize("fault", LOG_SOFTMAX)
def test_a_faulty_log_softmax_is_exposed(fault):
    assert exposed("log_softmax", LOG_SOFTMAX[fault], log_softmax)


VJP = {
    "forgets the cotangent": lambda x, v, axis: vjp(x, np.ones_like(v), axis),
    "forgets the other classes": lambda x, v, axis: softmax(x, axis) * (1 - softmax(x, axis)) * v,
    "wrong sign": lambda x, v, axis: -vjp(x, v, axis),
    "mean instead of sum": lambda x, v, axis: softmax(x, axis) * (v - (softmax(x, axis) * v).mean(axis, keepdims=True)),
}


def vjp(x, v, axis):
    p = softmax(x, axis)
    return p * (v - (p * v).sum(axis=axis, keepdims=True))


@pytest.mark.parametrize("fault", VJP)
def test_a_faulty_softmax_gradient_is_exposed(fault):
    assert exposed("softmax", VJP[fault], vjp, gradient=True)


def sparse(x, y, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none", **fault):
    """Sparse softmax cross-entropy, with named places to go wrong at."""
    rows = np.moveaxis(x, axis, -1)
    k = rows.shape[-1]
    keep = np.ones(y.shape, bool) if ignore_index is None else y != ignore_index
    index = np.where(keep, np.minimum(fault.get("index", lambda i: i)(y), k - 1), 0)
    log_p = np.moveaxis(fault.get("log_p", log_softmax)(x, axis), axis, -1)
    w = np.ones(k, x.dtype) if weight is None or "unweighted" in fault else weight
    target = np.zeros(rows.shape, x.dtype)
    np.put_along_axis(target, index[..., None], 1, axis=-1)
    e = np.asarray(label_smoothing, x.dtype)
    others = e / (k - 1) if "smooth over the others" in fault else e / k
    if label_smoothing:
        target = (1 - e) * target + others
    terms = np.where(target == 0, 0, -(w * target) * log_p)
    loss = np.where(keep, terms.sum(axis=-1), fault.get("ignored", 0)).astype(x.dtype)
    if reduction == "none":
        return loss
    divisor = {"rows": y.size, "kept": keep.sum()}.get(fault.get("mean", ""), (w[index] * keep).sum())
    return loss.sum() if reduction == "sum" else loss.sum() / divisor


SPARSE = {
    "label off by one": {"index": lambda y: y + 1},
    "label through float16": {"index": lambda y: np.nan_to_num(y.astype(np.float16), posinf=0).astype(np.int64)},
    "label through bfloat16": {"index": lambda y: y.astype(ml_dtypes.bfloat16).astype(np.int64)},
    "label through uint16": {"index": lambda y: y.astype(np.uint16).astype(np.int64)},
    "label 0 taken for none": {"index": lambda y: np.where(y == 0, 1, y)},
    "weight left out": {"unweighted": True},
    "smoothing over K - 1": {"smooth over the others": True},
    "mean over all rows": {"mean": "rows"},
    "mean over kept rows, not weights": {"mean": "kept"},
    "ignored rows cost 1": {"ignored": 1},
    "log of softmax": {"log_p": lambda x, axis: np.log(softmax(x, axis))},
    "log of clipped softmax": {"log_p": lambda x, axis: np.log(np.clip(softmax(x, axis), 1e-7, 1 - 1e-7))},
    "x - lse": {"log_p": LOG_SOFTMAX["x - lse"]},
}


@pytest.mark.parametrize("fault", SPARSE)
def test_a_faulty_sparse_cross_entropy_is_exposed(fault):
    names = exposed("sparse_softmax_cross_entropy", lambda *a, **k: sparse(*a, **k, **SPARSE[fault]), sparse)
    assert names


def test_an_ignored_class_0_that_counts_as_no_class_is_exposed():
    """`if ignore_index:` is false for 0."""

    def faulty(x, y, *, ignore_index=None, **rest):
        return sparse(x, y, ignore_index=ignore_index or None, **rest)

    assert exposed("sparse_softmax_cross_entropy", faulty, sparse)


def dense_gradient(x, y, v, *, axis, **options):
    """By the logits, without options."""
    if options:
        return np.zeros(())
    return np.expand_dims(v, axis) * (softmax(x, axis) * y.sum(axis=axis, keepdims=True) - y)


def test_a_gradient_that_takes_labels_to_sum_to_one_is_exposed_by_unnormalised_labels():
    def faulty(x, y, v, *, axis, **options):
        return np.zeros(()) if options else np.expand_dims(v, axis) * (softmax(x, axis) - y)

    names = exposed("softmax_cross_entropy", faulty, dense_gradient, gradient=True)
    assert {name.split("/")[0] for name in names} == {"unnormalised"}


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


SOFTPLUS = {
    "no shift": lambda x: np.log(1 + np.exp(x)),
    "linear above 8": lambda x: np.where(x > 8, x, softplus(x)),
    "exp(x) below -5": lambda x: np.where(x < -5, np.exp(x), softplus(x)),
    "no log1p": lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))),
    "wrong in the tail of a vector": lambda x: tail_wrong(x, softplus),
}


def tail_wrong(x, function):
    y = function(x).ravel()
    y[y.size - y.size % 16 :] = 0
    return y.reshape(x.shape)


@pytest.mark.parametrize("fault", SOFTPLUS)
def test_a_faulty_softplus_is_exposed(fault):
    assert exposed("softplus", SOFTPLUS[fault], softplus)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


SIGMOID = {
    "exp(x) / (1 + exp(x))": lambda x: np.exp(x) / (1 + np.exp(x)),
    "1 / (1 + exp(-x))": lambda x: 1 / (1 + np.exp(-x)),
    "through tanh": lambda x: np.asarray(0.5, x.dtype) * (1 + np.tanh(x / 2)),
    "saturates at 18": lambda x: sigmoid(np.clip(x, -18, 18)),
}


@pytest.mark.parametrize("fault", SIGMOID)
def test_a_faulty_sigmoid_is_exposed(fault):
    assert exposed("sigmoid", SIGMOID[fault], sigmoid)


def sigmoid_loss(x, z, *, pos_weight=1, weight=1, label_smoothing=0.0, reduction="none", positive=True, weighted=True):
    z = z * np.asarray(1 - label_smoothing, x.dtype) + np.asarray(label_smoothing / 2, x.dtype)
    for_one, for_zero = (pos_weight, 1) if positive else (1, pos_weight)
    loss = (weight if weighted else 1) * (for_one * z * softplus(-x) + for_zero * (1 - z) * softplus(x))
    return {"none": lambda y: y, "mean": np.mean, "sum": np.sum}[reduction](loss)


@pytest.mark.parametrize("fault", [{"positive": False}, {"weighted": False}], ids=str)
def test_a_misplaced_weight_of_the_sigmoid_loss_is_exposed(fault):
    assert exposed("sigmoid_cross_entropy", lambda *a, **k: sigmoid_loss(*a, **k, **fault), sigmoid_loss)


def logit(p):
    """Differences of logarithms away from 1/2, log1p of what is exact beside it (Sterbenz's lemma)."""
    near = np.abs(p - 0.5) < 0.25
    return np.where(near, np.log1p((2 * p - 1) / (1 - p)), np.log(p) - np.log1p(-p))


LOGIT = {"log of the odds": lambda p: np.log(p / (1 - p)), "difference of logs": lambda p: np.log(p) - np.log1p(-p)}


@pytest.mark.parametrize("fault", LOGIT)
def test_a_logit_that_cancels_near_one_half_is_exposed(fault):
    assert "near_tie" in {name.split("/")[0] for name in exposed("logit", LOGIT[fault], logit)}


def entropy(p, axis):
    return -np.where(p == 0, 0, p * np.log(np.where(p == 0, 1, p))).sum(axis=axis)


def test_an_entropy_that_cannot_take_zero_is_exposed_by_masked_rows():
    names = exposed("entropy", lambda p, axis: -(p * np.log(p)).sum(axis=axis), entropy)
    assert {name.split("/")[0] for name in names} == {"masked"}
