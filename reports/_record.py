"""The record: one run's complete, versioned, machine-readable result.

Floats are text (`hex_of`), so that JSON, which knows neither NaN nor infinity, loses nothing; no field of the schema
is a JSON float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta

from ._array import Array
from ._property_record import Count, Hex, PropertyResult, Text

SCHEMA_VERSION = 1
"""The version of the schema that this release writes and reads."""

Severity = Literal["defect", "weakness", "convention", "undecided"]
Tier = Literal["C", "F", "M", "A", "outside", "limit"]
CheckStatus = Literal["examined", "unsupported", "crash", "hang", "error"]
BackendStatus = Literal["complete", "unavailable", "cut short"]
Parameter = int | str | Array | None
"""A keyword of a call: floats are hex text, `weight` and `pos_weight` arrays."""

SEVERITIES: tuple[Severity, ...] = ("defect", "weakness", "convention", "undecided")
"""Severities, the gravest first; only a defect gates."""

TIERS: tuple[Tier, ...] = ("C", "F", "M", "A", "outside", "limit")
"""Tiers of an output element, the best first; `limit` is an element that the table of limits decided."""

TIER_MEANINGS: Mapping[Tier, str] = MappingProxyType(
    {
        "C": "correctly rounded",
        "F": "faithful: one of the two floats that enclose the truth",
        "M": "within the attainable bound",
        "A": "within the textbook bound only",
        "outside": "beyond the textbook bound",
        "limit": "decided by the table of limits",
    }
)


@dataclass(frozen=True)
class RunInfo:
    """How the run was made: its command, times (ISO 8601, UTC), machine and environment."""

    command: Text
    profile: str
    seed: int
    started: str
    finished: str
    machine: dict[str, Text]
    cpu_features: tuple[str, ...]
    threads: Count
    environment: dict[str, Text]


@dataclass(frozen=True)
class CorpusInfo:
    """The inputs of the run: the corpus's version, the hash over its batches, and the profile that chose them."""

    version: Count
    hash: str
    profile: str


@dataclass(frozen=True)
class Backend:
    """A framework at a version, or a user's module, as its worker described itself.

    `status` is "unavailable" where it could not start and "cut short" where it did not finish; `reason` says why.
    """

    name: Text
    framework: str
    version: str
    python: Text
    target: Text
    build: dict[str, Text]
    cpu: dict[str, Text]
    threads: Count
    environment: dict[str, Text]
    dtypes: tuple[str, ...]
    entry_points: tuple[Text, ...]
    status: BackendStatus
    reason: Text | None


@dataclass(frozen=True)
class Extreme:
    """The element of a check with the largest error, by one measure.

    Attributes:
        ulps: its error in ulps of the check's dtype, as hex text, "inf" where no number measures it.
        bound_ratio: its error as a multiple of the textbook bound, as hex text.
        case: hash of the case.
        batch: the corpus's name of the batch.
        index: where the element stands in the output of the batch.
        inputs: the arguments of the case, by name.
        observed: what the backend returned, as hex text.
        expected: the exact result as a decimal.
    """

    ulps: Hex
    bound_ratio: Hex
    case: str
    batch: str
    index: tuple[Count, ...]
    inputs: dict[str, Array]
    observed: Text
    expected: Text


@dataclass(frozen=True)
class StoredOutput:
    """One batch's output in the file of its check: an array of `dtype` and `shape`, after those of earlier batches."""

    batch: str
    dtype: str
    shape: tuple[Count, ...]


@dataclass(frozen=True)
class Outputs:
    """The output arrays of a check: raw little-endian bytes in `outputs/<sha256>`, the batches one after another."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    batches: tuple[StoredOutput, ...]


@dataclass(frozen=True)
class Check:
    """What was examined, and how it went: identity, counts, and the largest errors with their inputs.

    `tiers` counts elements and `severities` counts findings; a name that is absent counts zero. `coverage` tells how
    much of the input space was seen ("65536 of 65536 inputs"), `reason` why a check was not run to its end.
    """

    id: str
    function: str
    backend: Text
    version: str
    entry_point: Text
    dtype: str
    mode: str
    device: str
    quantity: str
    parameters: dict[str, Parameter]
    input_class: str
    status: CheckStatus
    reason: Text | None
    cases: Count
    elements: Count
    tiers: dict[Tier, Count]
    severities: dict[Severity, Count]
    worst_ulps: Extreme | None
    worst_ratio: Extreme | None
    coverage: str | None
    outputs: Outputs | None


@dataclass(frozen=True)
class Expected:
    """The exact result: hex text of float64 numbers that enclose it, and a decimal for people.

    Where no number is expected both ends are the same word, such as "nan" or "choice".
    """

    lower: Text
    upper: Text
    decimal: Text


@dataclass(frozen=True)
class Discrepancy:
    """A case where a backend and the mathematics, two runs, modes or layouts do not agree.

    `kind` names the failure, `check` the check it belongs to, and `count` how many elements of that check share
    severity and kind: of those a check keeps the worst and the smallest case.
    """

    id: str
    severity: Severity
    kind: str
    cause: Text | None
    function: str
    backend: Text
    version: str
    entry_point: Text
    dtype: str
    mode: str
    device: str
    quantity: str
    input_class: str
    parameters: dict[str, Parameter]
    check: str
    batch: str
    case: str
    index: tuple[Count, ...]
    inputs: dict[str, Array]
    observed: Text
    expected: Expected
    error_ulps: Hex
    error_bound_ratio: Hex
    explanation: Text
    count: Count


@dataclass(frozen=True)
class Record:
    """One run's result. `complete` is false when it was cut short or a backend could not start."""

    schema: int
    complete: bool
    run: RunInfo
    corpus: CorpusInfo
    backends: tuple[Backend, ...]
    checks: tuple[Check, ...]
    properties: tuple[PropertyResult, ...]
    discrepancies: tuple[Discrepancy, ...]


@dataclass(frozen=True)
class Findings:
    """What examining or judging one function found: the checks made, and the discrepancies."""

    checks: tuple[Check, ...]
    discrepancies: tuple[Discrepancy, ...]
