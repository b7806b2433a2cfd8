"""What is told: the record, its storage and its renderings."""

from ._array import Array, array_record, array_value
from ._codec import RecordError, decode_record, encode_record, read_record, read_record_stream
from ._finding import Finding, findings
from ._github import github_annotations
from ._headline import headline
from ._hexfloat import bit_equal, float_from, hex_of, scalar_from, shortest_decimal
from ._html import html_report
from ._identity import check_id, discrepancy_id, parameter_record, property_id
from ._junit import junit
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
    Outputs,
    Parameter,
    Record,
    RunInfo,
    StoredOutput,
)
from ._schema import record_schema
from ._storage import FolderError, ReportFolder, open_folder, read_outputs
from ._summary import summary
from ._terminal import findings_view, judgement_view, record_view, run_view
from ._upstream import upstream_report

__all__ = [
    "SCHEMA_VERSION",
    "SEVERITIES",
    "TIERS",
    "TIER_MEANINGS",
    "Answer",
    "Array",
    "Backend",
    "Check",
    "CorpusInfo",
    "Curve",
    "Discrepancy",
    "ErrorSpread",
    "Expected",
    "Extreme",
    "Finding",
    "Findings",
    "FolderError",
    "Outputs",
    "Parameter",
    "Picture",
    "PropertyExtreme",
    "PropertyResult",
    "Record",
    "RecordError",
    "ReportFolder",
    "RunInfo",
    "StoredOutput",
    "array_record",
    "array_value",
    "bit_equal",
    "check_id",
    "decode_record",
    "discrepancy_id",
    "encode_record",
    "exit_status",
    "findings",
    "findings_view",
    "float_from",
    "github_annotations",
    "headline",
    "hex_of",
    "html_report",
    "judgement_view",
    "junit",
    "open_folder",
    "parameter_record",
    "pictures",
    "property_id",
    "read_outputs",
    "read_record",
    "read_record_stream",
    "record_schema",
    "record_view",
    "run_view",
    "scalar_from",
    "shortest_decimal",
    "summary",
    "upstream_report",
    "verdict",
]
