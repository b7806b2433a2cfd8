"""The formats in which a run and a comparison are told: a row each. Whoever renders reads this table, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import RenderableType

from .comparison.codec import encode_comparison
from .comparison.model import Comparison
from .gate.gate import Gate
from .github.comparison import comparison_github
from .github.run import github_annotations
from .html.comparison import comparison_html
from .html.run import html_report
from .junit.comparison import comparison_junit
from .junit.run import junit
from .markdown.comparison import comparison_markdown
from .markdown.run import summary
from .record.codec import encode_record
from .record.model import Record
from .terminal.comparison import comparison_view
from .terminal.run import record_view

Scripts = Callable[[], Mapping[str, str]]
"""Gives the scripts that show what is wrong, by id; they take a while to write."""


@dataclass(frozen=True)
class ReportFormat:
    """A format.

    Attributes:
        name: as `--format` takes it.
        of_run: (record, the run before it, gate, scripts) → its text, or what a terminal shows.
        of_comparison: (comparison, scripts) → so likewise.
        run_page: the file that a run leaves beside record.json; "" where it leaves none.
        comparison_page: the file that an upgrade leaves; so likewise.
        tells_news: whether it can tell what is new since an earlier run.
        is_for_job: whether it is read from a job's standard output, and its summary from a file of the job's own.
    """

    name: str
    of_run: Callable[[Record, Record | None, Gate | None, Scripts], str | RenderableType]
    of_comparison: Callable[[Comparison, Scripts], str | RenderableType]
    run_page: str = ""
    comparison_page: str = ""
    tells_news: bool = False
    is_for_job: bool = False


_TABLE = (
    ReportFormat(
        "terminal",
        lambda record, earlier, gate, _: record_view(record, earlier, gate),
        lambda comparison, _: comparison_view(comparison),
        tells_news=True,
    ),
    ReportFormat(
        "markdown",
        lambda record, earlier, gate, _: summary(record, earlier, gate=gate),
        lambda comparison, _: comparison_markdown(comparison),
        "summary.md",
        "comparison.md",
        tells_news=True,
    ),
    ReportFormat(
        "junit",
        lambda record, _, gate, __: junit(record, gate),
        lambda comparison, _: comparison_junit(comparison),
        "junit.xml",
        "junit.xml",
    ),
    ReportFormat(
        "github",
        lambda record, _, gate, __: github_annotations(record, gate),
        lambda comparison, _: comparison_github(comparison),
        tells_news=True,
        is_for_job=True,
    ),
    ReportFormat(
        "json",
        lambda record, *_: encode_record(record).decode(),
        lambda comparison, _: encode_comparison(comparison).decode(),
        comparison_page="comparison.json",
    ),
    # The pages of a run are made in this order: what takes longest comes last.
    ReportFormat(
        "html",
        lambda record, earlier, gate, scripts: html_report(record, scripts(), earlier, gate),
        lambda comparison, scripts: comparison_html(comparison, scripts()),
        "report.html",
        "comparison.html",
        tells_news=True,
    ),
)

FORMATS: Mapping[str, ReportFormat] = MappingProxyType({row.name: row for row in _TABLE})
"""The formats by name."""
RUN_PAGES: Mapping[str, ReportFormat] = MappingProxyType({row.run_page: row for row in _TABLE if row.run_page})
"""What a run leaves beside record.json, by the name of the file."""
COMPARISON_PAGES: Mapping[str, ReportFormat] = MappingProxyType(
    {row.comparison_page: row for row in _TABLE if row.comparison_page}
)
"""What an upgrade leaves beside its two records, by the name of the file."""
