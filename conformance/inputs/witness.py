"""Witnesses: inputs on which a backend was found wrong, small and exact, kept in a folder and replayed by every run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from logitproof.reference import function_named
from logitproof.reports import (
    Array,
    Discrepancy,
    Parameter,
    Setting,
    array_record,
    array_value,
    float_from,
    parameter_record,
)

from .arrays import batch_from_arrays
from .batch import Batch

WITNESSES = Path(".logitproof/witnesses")
"""Where witnesses are kept, below the current folder."""

WITNESS_CLASS = "witness"
"""The input class of batches that are witnesses."""

WITNESS_SCHEMA = 1
"""The version of the schema that this release writes and reads."""

MAX_WITNESS_BYTES = 1 << 20
"""The largest file that is read: a witness is small, or it is none."""

Name = Annotated[str, Meta(max_length=300)]
Text = Annotated[str, Meta(max_length=65_536)]
Hex = Annotated[str, Meta(pattern=r"^(-?0x[01](\.[0-9a-f]+)?p[+-][0-9]+|-?inf|nan:0x[0-9a-f]{1,16})$")]


class WitnessError(ValueError):
    """A file is no witness: one line that says which and why."""


@dataclass(frozen=True, order=True)
class FailureIdentity:
    """What makes two failures the same failure on different inputs."""

    backend: str
    function: str
    entry_point: str
    setting: Setting
    dtype: str
    quantity: str
    kind: str

    def __str__(self) -> str:
        """Return it for people."""
        quantity, where = self.quantity.replace(":", " by "), f"{self.setting}, {self.dtype}"
        return f"{self.backend}, {self.entry_point} ({self.function}), {where}, {quantity}: {self.kind}"


class Witness(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One witness, as its file has it; floats are hex text.

    Attributes:
        schema: the version of the schema.
        id: the id of the discrepancy that a run reports when it replays the witness.
        backend: what failed: the backend's name, its version, the entry point and the quantity, and how.
        mode: the mode and the device that it failed in; None in a file of an older release, which had only one of each.
        arguments: the positional arguments by name: of a single case, or of as many as it takes.
        parameters: the keywords of the call; floats as hex text.
        cotangent: what the gradient is multiplied with.
        observed: what the backend returned, and `expected` what is exact, at the time it was found.
        time_limit: the seconds that a call was given which did not come back; None in a file of an older release.
    """

    schema: int
    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    backend: Name
    version: Name
    function: Name
    entry_point: Name
    dtype: Name
    quantity: Name
    kind: Name
    parameters: dict[str, Parameter]
    arguments: dict[str, Array]
    cotangent: Array
    observed: Text
    expected: Text
    error_ulps: Hex
    error_bound_ratio: Hex
    explanation: Text
    mode: Name | None = None
    device: Name | None = None
    time_limit: Hex | None = None

    def __post_init__(self) -> None:
        if (self.mode is None) != (self.device is None):
            raise ValueError("a mode and a device belong together")

    @property
    def setting(self) -> Setting | None:
        """The setting that it failed in; None where its file does not tell."""
        return None if self.mode is None or self.device is None else Setting(self.mode, self.device)

    def signatures(self, offered: Sequence[Setting]) -> tuple[FailureIdentity, ...]:
        """Return which failure it shows: in its setting; in all that its backend offers, where its file tells none."""
        settings = offered if self.setting is None else (self.setting,)
        return tuple(
            FailureIdentity(self.backend, self.function, self.entry_point, each, self.dtype, self.quantity, self.kind)
            for each in settings
        )

    def batch(self) -> Batch:
        """Return the batch that replays it.

        Raises:
            ValueError: the arrays, keywords and names do not belong together.
        """
        spec = function_named(self.function)
        if self.arguments.keys() != {each.name for each in spec.arguments}:
            raise ValueError(f"{self.function} takes {', '.join(each.name for each in spec.arguments)}")
        if surplus := self.parameters.keys() - set(spec.keywords):
            raise ValueError(f"{self.function} does not take {', '.join(sorted(surplus))}")
        arrays = {name: _array(array) for name, array in (*self.arguments.items(), ("cotangent", self.cotangent))}
        arrays |= {name: _keyword(name, value) for name, value in self.parameters.items()}
        batch = batch_from_arrays(self.function, arrays, name=f"{WITNESS_CLASS}/{self.id}")
        if batch.dtype != self.dtype:
            raise ValueError(f"the arguments are {batch.dtype}, not {self.dtype}")
        return replace(batch, input_class=WITNESS_CLASS)


def witness_of(batch: Batch, discrepancy: Discrepancy) -> Witness:
    """Return the witness of a discrepancy.

    Args:
        batch: the inputs.
        discrepancy: what was found on them; an input class of "witness" makes its id that of later runs.
    """
    return Witness(
        schema=WITNESS_SCHEMA,
        id=discrepancy.id,
        backend=discrepancy.backend,
        version=discrepancy.version,
        function=discrepancy.function,
        entry_point=discrepancy.entry_point,
        dtype=discrepancy.dtype,
        quantity=discrepancy.quantity,
        kind=discrepancy.kind,
        parameters={name: parameter_record(value) for name, value in sorted(batch.parameters.items())},
        arguments={
            argument.name: array_record(array)
            for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True)
        },
        cotangent=array_record(batch.cotangent),
        observed=discrepancy.observed,
        expected=discrepancy.expected.decimal,
        error_ulps=discrepancy.error_ulps,
        error_bound_ratio=discrepancy.error_bound_ratio,
        explanation=discrepancy.explanation,
        mode=discrepancy.mode,
        device=discrepancy.device,
        time_limit=discrepancy.time_limit,
    )


def write_witness(folder: Path, witness: Witness) -> Path:
    """Write a witness into `folder`, in one step of the file system, and return its file.

    Raises:
        OSError: the file system refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{witness.id}.json"
    building = folder / f".{witness.id}-{os.getpid()}"
    try:
        building.write_bytes(encode_witness(witness))
        building.replace(file)
    finally:
        with contextlib.suppress(OSError):
            building.unlink(missing_ok=True)
    return file


def witnesses_in(folder: Path) -> tuple[list[Witness], list[str]]:
    """Return the witnesses of a folder, by file name, and one line for every file that is none.

    A folder that is not there has no witnesses.
    """
    witnesses: list[Witness] = []
    notes: list[str] = []
    for file in sorted(folder.glob("*.json")):
        try:
            witnesses.append(read_witness(file))
        except WitnessError as error:
            notes.append(str(error))
    return witnesses, notes


def read_witness(file: Path) -> Witness:
    """Return the witness in `file`.

    Raises:
        WitnessError: it cannot be read, is too large, or is no witness of this schema.
    """
    try:
        return decode_witness(_limited(file))
    except OSError as error:
        raise WitnessError(f"{file}: {error.strerror or error}") from None
    except WitnessError as error:
        raise WitnessError(f"{file}: {error}") from None


def _limited(file: Path) -> bytes:
    if file.stat().st_size > MAX_WITNESS_BYTES:
        raise WitnessError(f"larger than {MAX_WITNESS_BYTES} bytes")
    return file.read_bytes()


def encode_witness(witness: Witness) -> bytes:
    """Return a witness as JSON, a line for every field of its own, for people who read a change in it.

    Raises:
        WitnessError: what was written would not be read again.
    """
    values = {name: value for name in _FIELDS if (value := getattr(witness, name)) is not None}
    fields = (b'"%s": %s' % (name.encode(), msgspec.json.encode(value)) for name, value in values.items())
    text = b"{\n" + b",\n".join(fields) + b"\n}\n"
    decode_witness(text)
    return text


def decode_witness(text: bytes) -> Witness:
    """Return the witness that the JSON `text` holds.

    Raises:
        WitnessError: it is not JSON, is of another schema version, or its parts do not belong together.
    """
    try:
        _check_version(msgspec.json.decode(text, type=_Head).schema)
        witness = msgspec.json.decode(text, type=Witness, strict=True)
        witness.batch()
    except WitnessError:
        raise
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise WitnessError(f"not a witness: {' '.join(str(error).split())[:300]}") from None
    return witness


def _check_version(version: object) -> None:
    if version != WITNESS_SCHEMA:
        raise WitnessError(f"a witness of schema {version!r}, and this release reads schema {WITNESS_SCHEMA}")


_FIELDS = Witness.__struct_fields__


class _Head(msgspec.Struct):
    """What every version of the schema has."""

    schema: object = None


def _array(record: Array) -> np.ndarray:
    array = array_value(record)
    if array is None:
        raise ValueError("an array that is a reference")
    return array


def _keyword(name: str, value: Parameter) -> np.ndarray:
    if isinstance(value, Array):
        return _array(value)
    return np.asarray(float_from(value) if name == "label_smoothing" and isinstance(value, str) else value)


def known_signatures(
    witnesses: Sequence[Witness], offered: Mapping[str, Sequence[Setting]]
) -> Mapping[FailureIdentity, str]:
    """Return the failures that witnesses show, with the id of one witness of each.

    Args:
        witnesses: the witnesses.
        offered: the settings that each backend offers, by its name.
    """
    return {
        signature: witness.id
        for witness in witnesses
        for signature in witness.signatures(offered.get(witness.backend, ()))
    }
