"""Two versions of a module of kernels, of which every function changed in a way of its own, and runs of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from checkout import PLANTED

from logitproof.conformance.compare.runs import ComparedRun
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import open_folder

_HEAD = f"""
import os
import sys

sys.path.insert(0, {str(PLANTED)!r})

import correct_numpy_textbook as right
import numpy as np

framework = "numpy"
np.seterr(all="ignore")
calls = 0


def exactly(function, *arguments, **keywords):
    wide = [each.astype(np.float64) if each.dtype.kind == "f" else each for each in arguments]
    return function(*wide, **keywords).astype(arguments[0].dtype)

"""

BEFORE = (
    _HEAD
    + """
def sigmoid(x):
    return right.sigmoid(x)

def sigmoid_vjp(cotangent, x):
    return right.sigmoid_vjp(cotangent, x)

def log_sigmoid(x):
    return right.log_sigmoid(x)

def softplus(x):
    return right.softplus(x)

def softmax(logits, *, axis):
    return exactly(right.softmax, logits, axis=axis)

def log_softmax(logits, *, axis):
    return right.log_softmax(logits, axis=axis)

def logsumexp(logits, *, axis):
    return right.logsumexp(logits, axis=axis)

def logit(probs):
    return right.logit(probs)

def entropy(probs, *, axis):
    return right.entropy(probs, axis=axis)

def entropy_terms(probs):
    return right.entropy_terms(probs)

def kl_divergence(labels, probs, *, axis):
    return right.kl_divergence(labels, probs, axis=axis)

def binary_cross_entropy(probs, labels):
    return right.binary_cross_entropy(probs, labels)

def categorical_cross_entropy(probs, labels, *, axis):
    return right.categorical_cross_entropy(probs, labels, axis=axis)

def sparse_categorical_cross_entropy(probs, labels, *, axis, epsilon=0.0):
    return right.sparse_categorical_cross_entropy(probs, labels, axis=axis)

def nll_loss(log_probs, labels, *, axis):
    return right.nll_loss(log_probs, labels, axis=axis)
"""
)

AFTER = (
    _HEAD
    + """
def sigmoid(x):  # as it was, without its gradient
    return right.sigmoid(x)

def log_sigmoid(x):  # 64 ulps more in the middle
    result = right.log_sigmoid(x)
    return np.where(np.abs(x) < 1, result * (1 + 64 * np.finfo(x.dtype).eps), result).astype(x.dtype)

def softplus(x):  # overflows
    return np.log1p(np.exp(x)).astype(x.dtype)

def softmax(logits, *, axis):  # the next number in the middle of the range
    result = exactly(right.softmax, logits, axis=axis)
    return np.where((result > 0.01) & (result < 0.9), np.nextafter(result, result.dtype.type(2)), result)

def logsumexp(logits, *, axis):  # float64, whatever comes in
    return right.logsumexp(logits.astype(np.float64), axis=axis)

def logit(probs):  # refuses what is nearly certain
    if (probs > 0.99).any():
        raise ValueError("too certain")
    return right.logit(probs)

def entropy(probs, *, axis):  # keeps the axis
    return right.entropy(probs, axis=axis)[..., np.newaxis]

def entropy_terms(probs):  # zeros have another sign
    return right.entropy_terms(probs) + probs.dtype.type(0)

def kl_divergence(labels, probs, *, axis):  # overwrites its labels
    result = right.kl_divergence(labels, probs, axis=axis)
    labels *= 2
    return result

def kl_divergence_terms(labels, probs):  # new
    return right.kl_divergence_terms(labels, probs)

def binary_cross_entropy(probs, labels):  # no halves any more
    if probs.dtype == np.float16:
        raise TypeError("no halves")
    return right.binary_cross_entropy(probs, labels)

def categorical_cross_entropy(probs, labels, *, axis):  # every second call is wrong
    global calls
    calls += 1
    result = right.categorical_cross_entropy(probs, labels, axis=axis)
    return result if calls % 2 else result * np.nan

def sparse_categorical_cross_entropy(probs, labels, *, axis, epsilon=1e-7):  # another default
    return right.sparse_categorical_cross_entropy(probs, labels, axis=axis)

def nll_loss(log_probs, labels, *, axis):  # dies
    if log_probs.shape[axis] == 17 and log_probs.dtype == np.float32:
        os._exit(11)
    return right.nll_loss(log_probs, labels, axis=axis)
"""
)


def killed(_job: object) -> None:
    """End the process, as a system does that runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def ran(folder: Path, source: str, *, name: str = "kernels", title: str = "", **request: object) -> ComparedRun:
    """Run a module as the only backend, with its outputs kept; the record lies in the folder `out`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    settings = {"profile": "smoke", "jobs": 1, "dtypes": ("float32",), "output": folder / "out", **request}
    asked = RunRequest(backends=(str(folder / f"{name}.py"),), **settings)  # type: ignore[arg-type]
    target = open_folder(asked.output)
    record = run(asked, Silence(), target.outputs)
    return ComparedRun(record, target.publish(record, {}), title or folder.name)
