"""The record: one run's complete, versioned, machine-readable result.

Floats are text (`hex_of`), so that JSON, which knows neither NaN nor infinity, loses nothing; no field of the schema
is a JSON float.

The classes have slots: without them msgspec leaves a default out of an object that it reads, and a record of before a
key was added would be written again without that key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta

from .array import Array
from .properties import Count, Hex, PropertyResult, Text, Unexamined
from .setting import InSetting

SCHEMA_VERSION = 3
"""The version of the schema that this release writes; it reads the older ones too."""

Severity = Literal["defect", "weakness", "convention", "undecided"]
Tier = Literal["C", "F", "M", "A", "outside", "limit"]
CheckStatus = Literal["examined", "unsupported", "crash", "hang", "error"]
CurveMeasure = Literal["input", "confidence", "classes"]
BackendStatus = Literal["complete", "unavailable", "cut short"]
FailureKind = Literal["error", "refused", "crash", "hang", "unsupported", "missing gradient", "given up"]
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


@dataclass(frozen=True, slots=True)
class RunInfo:
    """How the run was made: its command, times (ISO 8601, UTC), machine and environment.

    `seconds` has, for each backend and entry point, how long the framework's own calls took, as hex text.
    """

    command: Text
    profile: str
    seed: int
    started: str
    finished: str
    machine: dict[str, Text]
    cpu_features: tuple[str, ...]
    threads: Count
    environment: dict[str, Text]
    seconds: dict[Text, dict[Text, Hex]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorpusInfo:
    """The inputs of the run: the corpus's version, the hash over its batches, and the profile that chose them.

    `given` has the hashes of the batches that are not of the corpus, a user's own tensors and witnesses, by
    "function/dtype/batch".
    """

    version: Count
    hash: str
    profile: str
    given: dict[Text, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryPointOptions:
    """The options that an entry point accepts, and those of them that it was called with.

    An option is a keyword at a value that is not its default, "label_smoothing" say; "reduction=mean" and
    "reduction=sum" are two, and "axis" is an axis other than the last. It counts as called whatever came of the call.
    """

    function: str
    entry_point: Text
    accepted: tuple[Text, ...]
    called: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Backend:
    """A framework at a version, or a user's module, as its worker described itself.

    `status` is "unavailable" where it could not start and "cut short" where it did not finish; `reason` says why.
    `signatures` has the parameters of entry points with their defaults, as far as Python can tell them. `options` tells
    of each entry point with options which were called.
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
    signatures: dict[Text, Text] = field(default_factory=dict)
    options: tuple[EntryPointOptions, ...] = ()


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """One batch's output in the file of its check: an array of `dtype` and `shape`, after those of earlier batches.

    Where a batch failed as a whole, some of its cases were evaluated: `whole` is its name then, and `cases` which they
    were, from one number to before another, counted from 0. Both are None for a whole batch, and in an older record.
    """

    batch: str
    dtype: str
    shape: tuple[Count, ...]
    whole: Text | None = None
    cases: tuple[tuple[Count, Count], ...] | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """The output arrays of a check: raw little-endian bytes in `outputs/<sha256>`, the batches one after another."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    batches: tuple[StoredOutput, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The largest errors of a check along some measure of its inputs, a point for each stretch of it.

    Errors that no number measures, and elements that the table of limits decided, have no points.

    Attributes:
        by: "input": the first argument of an elementwise function; "confidence": 1 - p of the labelled class;
            "classes": how many numbers a row has.
        at: where in its stretch the largest error was, as hex text, ascending.
        ulps: the largest error there, in ulps, as hex text of four significant digits.
        bound: the largest error that the textbook bound permits that element, final rounding included; like `ulps`.
    """

    by: CurveMeasure
    at: tuple[Hex, ...]
    ulps: tuple[Hex, ...]
    bound: tuple[Hex, ...]

    def __post_init__(self) -> None:
        if not len(self.at) == len(self.ulps) == len(self.bound):
            raise ValueError("a curve has an error and a bound for every place")


@dataclass(frozen=True, slots=True)
class ErrorSpread:
    """How the errors of a check are spread.

    Attributes:
        histogram: how many measured elements have an error of at most 1/2 ulp, of at most 1 ulp, 2 ulps, 4 ulps …
            2^63 ulps, each stretch without the ones before; a 66th entry counts every larger error, those that no
            number measures included. Trailing zeros are left out.
        curves: the largest errors along what is telling for the function.
    """

    histogram: Annotated[tuple[Count, ...], Meta(max_length=66)]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class CallFailure:
    """Cases of a check whose calls failed in one way.

    Attributes:
        kind: "error" where it raised, and "refused" where the case is no valid input; "crash"; "hang"; "unsupported"
            where the entry point has no way to be asked; "missing gradient"; "given up" where cases beside it failed,
            and so it was not called.
        reason: why, in words.
        is_answered: whether there is a result all the same: a call after the first one failed, or one of several cases
            together.
        cases: by batch, which of its cases: from one number to before another, counted from 0.
        time_limit: of a "hang", the seconds that the calls were given, as hex text; None where that is not known.
    """

    kind: FailureKind
    reason: Text
    is_answered: bool
    cases: dict[Text, tuple[tuple[Count, Count], ...]]
    time_limit: Hex | None = None


@dataclass(frozen=True, slots=True)
class ExaminedBatch:
    """One batch of a check: its name, shape and layout of its real arguments, and how many results of it were judged.

    `layout` is how they lie in memory: "contiguous", "transposed" or "sliced".
    """

    batch: str
    shape: tuple[Count, ...]
    layout: str
    results: Count


@dataclass(frozen=True, slots=True)
class Check(InSetting):
    """What was examined, and how it went: identity, counts, and the largest errors with their inputs.

    `tiers` counts elements and `severities` counts findings; a name that is absent counts zero. `coverage` tells how
    much of the input space was seen ("65536 of 65536 inputs"), `reason` why a check was not run to its end, `spread`
    how the errors are spread; None where none was measured. `definition` is what the results were held against:
    "literal", or a deviation that the backend states; None where an older record does not tell. `failures` are the
    calls that failed, case by case; none for a check whose status is "unsupported", since its `reason` stands for all;
    None where an older record does not tell. `batches` are what it was made of; none where an older record does not
    tell. `unexamined` has the cases that were not examined, and why; None where an older record does not tell. What the
    entry point does not offer has the status "unsupported", and is none of them: nothing is there to be examined.
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
    spread: ErrorSpread | None = None
    definition: str | None = None
    failures: tuple[CallFailure, ...] | None = None
    batches: tuple[ExaminedBatch, ...] = ()
    unexamined: tuple[Unexamined, ...] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """The exact result: hex text of float64 numbers that enclose it, and a decimal for people.

    Where no number is expected both ends are the same word, such as "nan" or "choice".
    """

    lower: Text
    upper: Text
    decimal: Text


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """What another entry point returned for the same element of the same case.

    `error_ulps` is its distance from the exact result in ulps, as hex text: "inf" where no number measures it, 0 where
    a limit is met or left to choice. `device` is "" in an older record, which had no second one.
    """

    backend: Text
    version: str
    entry_point: Text
    mode: str
    observed: Text
    error_ulps: Hex
    device: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where numbers reach, as hex text; both ends are None where all of them are NaN.

    `nan` says whether some of them are: no end tells it.
    """

    lower: Hex | None
    upper: Hex | None
    nan: bool

    def __post_init__(self) -> None:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has two ends, or none")


@dataclass(frozen=True, slots=True)
class Discrepancy(InSetting):
    """A case where a backend and the mathematics, two runs, modes or layouts do not agree.

    `kind` names the failure, `check` the check it belongs to, and `count` how many elements of that check share
    severity and kind: of those a check keeps the worst and the smallest case. `cause` is the mistake that explains it,
    by its name in the catalogue of causes, and `evidence` how it is known ("bit-identical to log(softmax(x)) in
    float32"); both are null where none does. `answers` are those of other entry points to the same case.

    `extent` and `largest_ulps` are about all the elements that `count` counts: from where to where the numbers of each
    real argument reach in their cases, and the largest error (the worst case has the largest multiple of the bound).
    `batches` has how many of them are in which batch. These are empty and null where nobody kept them: for a property,
    or in a record of an older schema.

    `run` says which of the calls of the case gave the result: "plain" (gradients are not recorded), "repeat" (the same
    once more), "recorded" (while gradients are), or "recorded:" and the argument that they are recorded for.
    `time_limit` has the seconds that a call was given which did not come back, as hex text; None where that is not
    known. `cases` says how many cases the inputs are: several where it takes as many to break a property. `link` leads
    to where a convention is documented.
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
    evidence: Text | None = None
    answers: tuple[OtherAnswer, ...] = ()
    extent: dict[str, Interval] = field(default_factory=dict)
    largest_ulps: Hex | None = None
    batches: dict[str, Count] = field(default_factory=dict)
    run: Text = "plain"
    time_limit: Hex | None = None
    cases: Count = 1
    link: Text | None = None

    @property
    def is_of_later_call(self) -> bool:
        """Whether the first call for the quantity did not show it, but a later one."""
        return self.run == "repeat" or (self.quantity == "value" and self.run != "plain")


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """What examining or judging one function found: the checks made, and the discrepancies."""

    checks: tuple[Check, ...]
    discrepancies: tuple[Discrepancy, ...]
