"""What a format tells: sections of blocks for a page and for a screen, alerts, and test cases.

Numbers are numbers here. What becomes of them, and what a text may be no longer than, is up to whoever writes a format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning", "notice"]
"""How much attention something asks for, in the words of CI systems."""
LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
Tone = Literal["", "heading", "faint", "bad", "warning", "good", "open", "undecided"]
"""How a text is to strike the eye, where it has colours."""
Result = Literal["passed", "skipped", "failure", "error"]
"""What became of a test case."""


@dataclass(frozen=True)
class Code:
    """What is written as it would be typed: a number, a name, a command."""

    text: str


@dataclass(frozen=True)
class Strong:
    """What stands out of its line."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Count:
    """So many of a thing: "1,200 results"; `noun` is the singular."""

    number: int
    noun: str


@dataclass(frozen=True)
class ErrorSize:
    """How far a result is off: in ulps, and in multiples of the textbook bound; None where it is no multiple of it."""

    ulps: float
    bound_ratio: float | None = None


@dataclass(frozen=True)
class LargestError:
    """The largest error of several results; not finite where some cannot be measured.

    Attributes:
        ulps: in ulps.
        bound_ratio: in multiples of the textbook bound; 0 where it is no multiple of it.
        is_known: whether those that told it had the errors of all of them.
    """

    ulps: float
    bound_ratio: float
    is_known: bool = True


@dataclass(frozen=True)
class Distance:
    """How far apart two results are in ulps; not finite where no number measures it."""

    ulps: float


@dataclass(frozen=True)
class Offset:
    """How far a result is from the exact one in ulps; not finite where no number measures it."""

    ulps: float


@dataclass(frozen=True)
class Break:
    """The end of a line within a cell."""


Part = str | int | float | Break | Code | Strong | Count | ErrorSize | LargestError | Distance | Offset
"""A piece of a line; a number without a noun is an int, an error without a unit a float."""
Words = Part | tuple[Part, ...]
"""A line; its parts follow each other without anything between them."""


@dataclass(frozen=True)
class Title:
    """What a page as a whole is about."""

    words: Words


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    words: Words
    tone: Tone = ""


@dataclass(frozen=True)
class Items:
    """A list, the most important first: where not all of it fits, the rest is counted as `noun`."""

    lines: tuple[Words, ...]
    noun: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; on a screen of fixed columns it is at least `width` characters wide."""

    name: str
    is_number: bool = False
    width: int = 0


@dataclass(frozen=True)
class Table:
    """A table, the most important rows first; a row of one cell is a heading of those below it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Words, ...], ...]
    noun: str = "rows"
    title: str = ""


@dataclass(frozen=True)
class Fact:
    """Something that is known of an entry, by name."""

    name: str
    words: Words


@dataclass(frozen=True)
class Entry:
    """One thing that was found, with all that is to be known of it.

    Attributes:
        label: what sort of thing, e.g. a severity.
        subject: whose it is: a backend.
        headline: what it is, in a line.
        text: that in a sentence or two; "" where the headline says it.
        facts: what is known of it; one without words is left out.
        tone: how grave it looks.
        level: how much attention it asks for.
        cells: the same as a row of the table of those that there is no more space for.
        is_by_label: whether it is named by its label rather than by its subject.
    """

    label: str
    subject: str
    headline: str
    text: str
    facts: tuple[Fact, ...]
    tone: Tone
    level: Level
    cells: tuple[Words, ...] = ()
    is_by_label: bool = False

    @property
    def name(self) -> str:
        """What it is named by."""
        return self.label if self.is_by_label else self.subject

    @property
    def sentence(self) -> str:
        """What is said behind its name."""
        return f"{self.subject}: {self.headline}" if self.is_by_label else self.headline


@dataclass(frozen=True)
class Entries:
    """Entries, the gravest first: some in full, more as rows of a table, the rest counted.

    Attributes:
        entries: all of them.
        columns: the names of the columns of their cells; none where the rest is only counted.
        noun: what they are.
        full_share: which share of their space those in full may take.
    """

    entries: tuple[Entry, ...]
    columns: tuple[str, ...]
    noun: str
    full_share: float = 0.65


Block = Title | Paragraph | Items | Table | Entries


@dataclass(frozen=True)
class Section:
    """Blocks on one subject.

    Attributes:
        title: the heading; "" for none.
        blocks: what is in it.
        share: which share of a page of limited size its lists, tables and entries may take together.
        is_detail: whether it is for those who look for it.
        tone: how the heading is to strike the eye.
    """

    title: str
    blocks: tuple[Block, ...]
    share: float = 0.0
    is_detail: bool = False
    tone: Tone = "heading"


@dataclass(frozen=True)
class Alert:
    """What is to be said by itself, beside the source or in a log: the subject of a message, and its lines."""

    level: Level
    subject: str
    lines: tuple[Words, ...]


@dataclass(frozen=True)
class ServerTest:
    """A test as CI servers keep its history: `group` and `name` are the same in the next release.

    Attributes:
        group: what is tested, in general.
        name: what is tested of it.
        result: what became of it.
        kind: why it did not pass, by a name of its own.
        message: why it did not pass, in a sentence or two.
        text: all that is to be known of that.
        output: what else there is to tell.
    """

    group: str
    name: str
    result: Result = "passed"
    kind: str = ""
    message: Words = ""
    text: tuple[Words | Fact, ...] = ()
    output: tuple[Words | Fact, ...] = ()


@dataclass(frozen=True)
class Suite:
    """Test cases that belong together, with what is known of what they tested, and when (ISO 8601)."""

    name: str
    cases: tuple[ServerTest, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    started: str = ""


@dataclass(frozen=True)
class Document:
    """All that can be told of one thing. Each part is made when it is asked for: no format needs them all.

    Attributes:
        page: what a page of text tells, the most important first.
        screen: what a terminal shows.
        least: what is told in place of the page where it does not fit.
        alerts: what asks for attention by itself; of each level the most important first.
        suites: the test cases.
        noun: what its alerts are, in the plural.
        elsewhere: where what is left out can be read; "" for nowhere.
    """

    page: Callable[[], tuple[Section, ...]]
    screen: Callable[[], tuple[Section, ...]]
    least: Callable[[], tuple[Block, ...]]
    alerts: Callable[[], tuple[Alert, ...]]
    suites: Callable[[], tuple[Suite, ...]]
    noun: str
    elsewhere: Words = ""
