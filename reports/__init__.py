"""Reports: the record, its storage and its renderings. Nothing is examined or judged here."""

from .comparison.codec import decode_comparison, encode_comparison, is_comparison, read_comparison
from .comparison.model import (
    CHANGE_MEANINGS,
    COMPARISON_SCHEMA_VERSION,
    ENTRY_POINT_MEANINGS,
    IMPROVEMENTS,
    OUTCOME_MEANINGS,
    REGRESSIONS,
    SEVERITY_RANKS,
    Change,
    ChangeExample,
    ChangeKind,
    ComparedBackend,
    ComparedCheck,
    Comparison,
    EntryPointChange,
    EntryPointChangeKind,
    Outcome,
    PropertyChange,
    Timing,
    change_key,
    is_newly_broken,
    outcome_of,
)
from .findings.conditions import Condition
from .findings.findings import Finding, findings
from .findings.headline import headline
from .findings.options import UNCALLED, UncalledOptions, option_words, uncalled_options, uncalled_words
from .findings.overview import exit_status
from .formats import COMPARISON_PAGES, FORMATS, RUN_PAGES, ReportFormat
from .gate.gate import FAIL_ON, FAIL_ON_MEANINGS, Failing, FailOn, Gate, Stale, Waived, gate
from .gate.items import GateItem
from .gate.verdict import verdict
from .gate.waiver import Region, Waiver
from .gate.words import gate_notes
from .github.comparison import comparison_github
from .github.run import github_annotations
from .html.comparison import comparison_html
from .html.run import html_report
from .junit.comparison import comparison_junit
from .junit.run import junit
from .markdown.comparison import comparison_markdown
from .markdown.run import summary
from .markdown.upstream import upstream_report
from .pictures.picture import Picture, pictures
from .record.array import Array, array_record, array_value
from .record.codec import RecordError, decode_record, encode_record, read_record, read_record_stream
from .record.hexfloat import bit_equal, float_from, hex_of, scalar_from, shortest_decimal
from .record.identity import check_id, discrepancy_id, parameter_record, property_id
from .record.model import (
    SCHEMA_VERSION,
    SEVERITIES,
    TIER_MEANINGS,
    TIERS,
    Backend,
    CallFailure,
    Check,
    CorpusInfo,
    Curve,
    Discrepancy,
    EntryPointOptions,
    ErrorSpread,
    ExaminationResult,
    ExaminedBatch,
    Expected,
    Extreme,
    FailureKind,
    Interval,
    OtherAnswer,
    Outputs,
    Parameter,
    Record,
    RunInfo,
    Severity,
    StoredOutput,
)
from .record.outputs import (
    FolderError,
    OutputFile,
    OutputStore,
    StoredArray,
    outputs_file,
    read_outputs,
    stored_dtype,
    verified_outputs,
)
from .record.properties import PropertyExtreme, PropertyResult, Unexamined, UnexaminedKind
from .record.setting import Setting
from .record.storage import ReportFolder, open_folder
from .record.words import backend_title, clean, duration_words, error_words, inputs_words
from .record.workshop import open_workshop
from .schemas import comparison_schema, record_schema
from .terminal.comparison import comparison_view
from .terminal.run import findings_view, judgement_view, record_view, run_view

# Names of earlier releases.
Answer = OtherAnswer
Findings = ExaminationResult
Gating = Failing
Matter = GateItem

__all__ = [
    "CHANGE_MEANINGS",
    "COMPARISON_PAGES",
    "COMPARISON_SCHEMA_VERSION",
    "ENTRY_POINT_MEANINGS",
    "FAIL_ON",
    "FAIL_ON_MEANINGS",
    "FORMATS",
    "IMPROVEMENTS",
    "OUTCOME_MEANINGS",
    "REGRESSIONS",
    "RUN_PAGES",
    "SCHEMA_VERSION",
    "SEVERITIES",
    "SEVERITY_RANKS",
    "TIERS",
    "TIER_MEANINGS",
    "UNCALLED",
    "Answer",
    "Array",
    "Backend",
    "CallFailure",
    "Change",
    "ChangeExample",
    "ChangeKind",
    "Check",
    "ComparedBackend",
    "ComparedCheck",
    "Comparison",
    "Condition",
    "CorpusInfo",
    "Curve",
    "Discrepancy",
    "EntryPointChange",
    "EntryPointChangeKind",
    "EntryPointOptions",
    "ErrorSpread",
    "ExaminationResult",
    "ExaminedBatch",
    "Expected",
    "Extreme",
    "FailOn",
    "Failing",
    "FailureKind",
    "Finding",
    "Findings",
    "FolderError",
    "Gate",
    "GateItem",
    "Gating",
    "Interval",
    "Matter",
    "OtherAnswer",
    "Outcome",
    "OutputFile",
    "OutputStore",
    "Outputs",
    "Parameter",
    "Picture",
    "PropertyChange",
    "PropertyExtreme",
    "PropertyResult",
    "Record",
    "RecordError",
    "Region",
    "ReportFolder",
    "ReportFormat",
    "RunInfo",
    "Setting",
    "Severity",
    "Stale",
    "StoredArray",
    "StoredOutput",
    "Timing",
    "UncalledOptions",
    "Unexamined",
    "UnexaminedKind",
    "Waived",
    "Waiver",
    "array_record",
    "array_value",
    "backend_title",
    "bit_equal",
    "change_key",
    "check_id",
    "clean",
    "comparison_github",
    "comparison_html",
    "comparison_junit",
    "comparison_markdown",
    "comparison_schema",
    "comparison_view",
    "decode_comparison",
    "decode_record",
    "discrepancy_id",
    "duration_words",
    "encode_comparison",
    "encode_record",
    "error_words",
    "exit_status",
    "findings",
    "findings_view",
    "float_from",
    "gate",
    "gate_notes",
    "github_annotations",
    "headline",
    "hex_of",
    "html_report",
    "inputs_words",
    "is_comparison",
    "is_newly_broken",
    "judgement_view",
    "junit",
    "open_folder",
    "open_workshop",
    "option_words",
    "outcome_of",
    "outputs_file",
    "parameter_record",
    "pictures",
    "property_id",
    "read_comparison",
    "read_outputs",
    "read_record",
    "read_record_stream",
    "record_schema",
    "record_view",
    "run_view",
    "scalar_from",
    "shortest_decimal",
    "stored_dtype",
    "summary",
    "uncalled_options",
    "uncalled_words",
    "upstream_report",
    "verdict",
    "verified_outputs",
]
