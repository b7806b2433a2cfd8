"""The formats in which a run and a comparison are told: a row each. Whoever renders reads this table, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from rich.console import RenderableType

from .comparison.codec import encode_comparison
from .comparison.model import Comparison
from .contents.comparison import comparison_document
from .contents.run import run_document
from .contents.run_screen import findings_screen, verdict_section
from .document.model import Document
from .gate.gate import Gate
from .html.comparison import comparison_html
from .html.run import html_report
from .record.codec import encode_record
from .record.model import ExaminationResult, Record
from .renderers.github import github
from .renderers.junit import junit_xml
from .renderers.markdown import SIZE_LIMIT, markdown
from .renderers.terminal import shown, terminal, with_files

Scripts = Callable[[], Mapping[str, str]]
"""Gives the scripts that show what is wrong, by id; they take a while to write."""


@dataclass(frozen=True)
class ReportFormat:
    """A format.

    Attributes:
        name: as `--format` takes it.
        purpose: who or what it is for, in few words.
        of_run: (record, the run before it, gate, scripts) → its text, or what a terminal shows.
        of_comparison: (comparison, scripts) → so likewise.
        run_page: the file that a run leaves beside record.json; "" where it leaves none.
        comparison_page: the file that an upgrade leaves; so likewise.
        tells_news: whether it can tell what is new since an earlier run.
        is_for_job: whether it is read from a job's standard output, and its summary from a file of the job's own.
    """

    name: str
    purpose: str
    of_run: Callable[[Record, Record | None, Gate | None, Scripts], str | RenderableType]
    of_comparison: Callable[[Comparison, Scripts], str | RenderableType]
    run_page: str = ""
    comparison_page: str = ""
    tells_news: bool = False
    is_for_job: bool = False


def _of_document(
    name: str,
    purpose: str,
    render: Callable[[Document], str | RenderableType],
    pages: tuple[str, str] = ("", ""),
    *,
    tells_news: bool = False,
    is_for_job: bool = False,
) -> ReportFormat:
    """Return a format that knows neither runs nor comparisons: it tells a document."""
    return ReportFormat(
        name,
        purpose,
        lambda record, earlier, gate, _: render(run_document(record, earlier, gate)),
        lambda comparison, _: render(comparison_document(comparison)),
        *pages,
        tells_news=tells_news,
        is_for_job=is_for_job,
    )


_TABLE = (
    _of_document("terminal", "tables and the worst findings; plain in a pipe", terminal, tells_news=True),
    _of_document(
        "markdown",
        "verdict, findings worst first, the rest counted: under 60,000 characters",
        markdown,
        ("summary.md", "comparison.md"),
        tells_news=True,
    ),
    _of_document(
        "junit", "test cases for CI servers, with a history from release to release", junit_xml, ("junit.xml",) * 2
    ),
    _of_document(
        "github",
        "annotations on standard output, at most ten of a kind; the Markdown goes to $GITHUB_STEP_SUMMARY",
        github,
        tells_news=True,
        is_for_job=True,
    ),
    ReportFormat(
        "json",
        "everything, in the schema of this release",
        lambda record, *_: encode_record(record).decode(),
        lambda comparison, _: encode_comparison(comparison).decode(),
        comparison_page="comparison.json",
    ),
    # The pages of a run are made in this order: what takes longest comes last.
    ReportFormat(
        "html",
        "everything, to filter, sort and link to",
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


def summary(record: Record, earlier: Record | None = None, room: int = SIZE_LIMIT, gate: Gate | None = None) -> str:
    """Return a run as GitHub-flavoured Markdown: verdict, what gates, the findings worst first, what was examined.

    Args:
        record: the run.
        earlier: a run before it, to tell what is new; None where there is none.
        room: bytes of UTF-8 that the text may take; where nothing fits it is empty.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    return markdown(run_document(record, earlier, gate), room)


def comparison_markdown(comparison: Comparison, room: int = SIZE_LIMIT) -> str:
    """Return a comparison as GitHub-flavoured Markdown, in so many bytes; its first line is the verdict."""
    return markdown(comparison_document(comparison), room)


def junit(record: Record, gate: Gate | None = None) -> str:
    """Return a run as JUnit XML; without a gate defects are what fails."""
    return junit_xml(run_document(record, None, gate))


def comparison_junit(comparison: Comparison) -> str:
    """Return a comparison as JUnit XML."""
    return junit_xml(comparison_document(comparison))


def github_annotations(record: Record, gate: Gate | None = None) -> str:
    """Return a run as the workflow commands of a GitHub job, a line each; without a gate defects are errors."""
    return github(run_document(record, None, gate))


def comparison_github(comparison: Comparison) -> str:
    """Return a comparison as the workflow commands of a GitHub job, a line each."""
    return github(comparison_document(comparison))


def record_view(record: Record, earlier: Record | None = None, gate: Gate | None = None) -> RenderableType:
    """Return a run for a terminal: a table per backend, the worst findings, what is new since, the verdict."""
    return terminal(run_document(record, earlier, gate))


def run_view(record: Record, folder: Path, pages: Sequence[str] = (), gate: Gate | None = None) -> RenderableType:
    """Return what `logitproof run` prints: the run, and where its files are."""
    return with_files(
        record_view(record, None, gate), (f"{folder}/{name}" for name in ("record.json", *pages, "outputs/"))
    )


def findings_view(findings: Record | ExaminationResult, gate: Gate | None = None) -> RenderableType:
    """Return a table per backend, the counts per severity, and the worst findings in words."""
    return shown(findings_screen(findings, gate))


def judgement_view(findings: ExaminationResult) -> RenderableType:
    """Return what `logitproof judge` prints: the table, the worst findings, the verdict."""
    return shown((*findings_screen(findings), verdict_section(findings)))


def comparison_view(comparison: Comparison) -> RenderableType:
    """Return a comparison for a terminal: the verdict first, then classes of change, the gravest in full, the rest."""
    return terminal(comparison_document(comparison))
