"""Calls that do not come back. Every function here is wrong on purpose."""

import os
import time

import correct_numpy_textbook as correct
import numpy as np

framework = "numpy"

np.seterr(all="ignore")


def softmax(logits, *, axis):
    """The process dies at rows of seventeen."""
    if logits.shape[axis] == 17:
        os._exit(11)
    return correct.softmax(logits, axis=axis)


def log_softmax(logits, *, axis):
    """Never returns from rows of 257."""
    while logits.shape[axis] == 257:
        time.sleep(0.01)
    return correct.log_softmax(logits, axis=axis)


def logsumexp(logits, *, axis):
    """Raises at a row with -inf in it."""
    if np.isneginf(logits).any():
        message = "logits must be finite"
        raise FloatingPointError(message)
    return correct.logsumexp(logits, axis=axis)


def sigmoid(x):
    """Returns a list."""
    return correct.sigmoid(x).tolist()
