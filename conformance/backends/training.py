"""A backend as training sees it: the `train` message, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitproof.properties import Failed, Stretch, TrainingPath, Unsupported
from logitproof.reports import Setting

from ..worker.wire import Array, Header
from .protocol import Failure, ProtocolError, from_wire, sent_setting, to_wire

_SENT = ("features", "labels", "batches", "weights", "bias")


@dataclass(frozen=True)
class Trained:
    """What came of one `train`: the weights and biases after every step, or why there are none."""

    path: TrainingPath | None = None
    failure: Failure | None = None


def train_request(stretch: Stretch, setting: Setting) -> tuple[Header, list[Array]]:
    """Return the `train` message for some steps, and the arrays that go with it."""
    arrays = [to_wire(getattr(stretch, name)) for name in _SENT]
    indices = {name: {"array": index} for index, name in enumerate(_SENT)}
    return {"message": "train", **indices, "rate": stretch.rate, "setting": sent_setting(setting)}, arrays


def read_trained(header: Header, arrays: Sequence[Array]) -> Trained:
    """Return what a worker answered to `train`.

    Raises:
        ProtocolError: it is not such an answer.
    """
    try:
        if header["message"] == "error":
            return Trained(failure=Failure(str(header["kind"]), str(header["type"]), str(header["text"])))
        if header["message"] != "trained":
            raise ProtocolError(f"trained or an error were expected, not {header['message']!r}")
        weights, biases = (from_wire(arrays[header[name]["array"]]) for name in ("weights", "biases"))
    except (KeyError, TypeError, IndexError) as error:
        raise ProtocolError(f"the answer is not complete: {type(error).__name__}: {error}") from None
    return Trained(TrainingPath(weights, biases))


class Trainable(Protocol):
    """What answers: a running worker."""

    def train(self, stretch: Stretch, setting: Setting | None = None) -> Trained:
        """Make some steps of gradient descent."""


@dataclass(frozen=True)
class WorkerTrainer:
    """A backend that is trained through its worker.

    Attributes:
        worker: the backend's worker.
        setting: the setting to train in; the worker's first one unless said otherwise.
    """

    worker: Trainable
    setting: Setting | None = None

    def train(self, stretch: Stretch) -> TrainingPath:
        """Return the weights and biases after every step.

        Raises:
            Unsupported: the worker has no way to train, as that of a user's module has none.
            Failed: it raised, crashed, hung, or gave weights of another dtype or shape.
        """
        answer = self.worker.train(stretch, self.setting)
        if answer.failure is not None:
            reason = f"{answer.failure.type}: {' '.join(answer.failure.message.split())[:300]}"
            raise (
                Unsupported(reason)
                if answer.failure.kind == "unsupported"
                else Failed(f"{answer.failure.kind}: {reason}", kind=answer.failure.kind)
            )
        assert answer.path is not None, "there is a path where there is no failure"
        steps = len(stretch.batches)
        _require("weights", answer.path.weights, stretch.weights, steps)
        _require("biases", answer.path.biases, stretch.bias, steps)
        return answer.path


def _require(name: str, given: np.ndarray, before: np.ndarray, steps: int) -> None:
    shape = (steps, *before.shape)
    if given.dtype != before.dtype or given.shape != shape:
        observed = f"{given.dtype.name} of shape {given.shape}"
        raise Failed(f"training gives {name} in {observed}, not in {before.dtype.name} of shape {shape}")
