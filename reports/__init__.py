"""What is told: the record, its storage and its renderings."""

from ._array import Array, array_record, array_value
from ._codec import RecordError, decode_record, encode_record, read_record, read_record_stream
from ._comparison import (
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
from ._comparison_codec import decode_comparison, encode_comparison, is_comparison, read_comparison
from ._comparison_github import comparison_github
from ._comparison_html import comparison_html
from ._comparison_junit import comparison_junit
from ._comparison_markdown import comparison_markdown
from ._comparison_terminal import comparison_view
from ._finding import Finding, findings
from ._gate import FAIL_ON, FAIL_ON_MEANINGS, FailOn, Gate, Gating, Stale, Waived, gate
from ._gate_words import gate_notes
from ._github import github_annotations
from ._headline import headline
from ._hexfloat import bit_equal, float_from, hex_of, scalar_from, shortest_decimal
from ._html import html_report
from ._identity import check_id, discrepancy_id, parameter_record, property_id
from ._junit import junit
from ._matter import Matter
from ._overview import exit_status, verdict
from ._pictures import Picture, pictures
from ._property_record import PropertyExtreme, PropertyResult
from ._record import (
    SCHEMA_VERSION,
    SEVERITIES,
    TIER_MEANINGS,
    TIERS,
    Answer,
    Backend,
    Check,
    CorpusInfo,
    Curve,
    Discrepancy,
    ErrorSpread,
    Expected,
    Extreme,
    Findings,
    Interval,
    Outputs,
    Parameter,
    Record,
    RunInfo,
    Severity,
    StoredOutput,
)
from ._schema import comparison_schema, record_schema
from ._storage import FolderError, ReportFolder, open_folder, outputs_file, read_outputs, stored_dtype, verified_outputs
from ._summary import summary
from ._terminal import findings_view, judgement_view, record_view, run_view
from ._upstream import upstream_report
from ._waiver import Region, Waiver
from ._words import backend_title
from ._workshop import open_workshop

__all__ = [
    "CHANGE_MEANINGS",
    "COMPARISON_SCHEMA_VERSION",
    "ENTRY_POINT_MEANINGS",
    "FAIL_ON",
    "FAIL_ON_MEANINGS",
    "IMPROVEMENTS",
    "OUTCOME_MEANINGS",
    "REGRESSIONS",
    "SCHEMA_VERSION",
    "SEVERITIES",
    "SEVERITY_RANKS",
    "TIERS",
    "TIER_MEANINGS",
    "Answer",
    "Array",
    "Backend",
    "Change",
    "ChangeExample",
    "ChangeKind",
    "Check",
    "ComparedBackend",
    "ComparedCheck",
    "Comparison",
    "CorpusInfo",
    "Curve",
    "Discrepancy",
    "EntryPointChange",
    "EntryPointChangeKind",
    "ErrorSpread",
    "Expected",
    "Extreme",
    "FailOn",
    "Finding",
    "Findings",
    "FolderError",
    "Gate",
    "Gating",
    "Interval",
    "Matter",
    "Outcome",
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
    "RunInfo",
    "Severity",
    "Stale",
    "StoredOutput",
    "Timing",
    "Waived",
    "Waiver",
    "array_record",
    "array_value",
    "backend_title",
    "bit_equal",
    "change_key",
    "check_id",
    "comparison_github",
    "comparison_html",
    "comparison_junit",
    "comparison_markdown",
    "comparison_schema",
    "comparison_view",
    "decode_comparison",
    "decode_record",
    "discrepancy_id",
    "encode_comparison",
    "encode_record",
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
    "is_comparison",
    "is_newly_broken",
    "judgement_view",
    "junit",
    "open_folder",
    "open_workshop",
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
    "upstream_report",
    "verdict",
    "verified_outputs",
]
