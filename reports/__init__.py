"""What is told: the record, its storage and its renderings."""

from ._array import Array, array_record, array_value
from ._codec import RecordError, decode_record, encode_record, read_record, record_schema
from ._hexfloat import bit_equal, float_from, hex_of, scalar_from, shortest_decimal
from ._identity import check_id, discrepancy_id, parameter_record, property_id
from ._overview import exit_status, verdict
from ._property_record import PropertyExtreme, PropertyResult
from ._record import (
    SCHEMA_VERSION,
    SEVERITIES,
    TIER_MEANINGS,
    TIERS,
    Backend,
    Check,
    CorpusInfo,
    Discrepancy,
    Expected,
    Extreme,
    Findings,
    Outputs,
    Parameter,
    Record,
    RunInfo,
    StoredOutput,
)
from ._storage import FolderError, ReportFolder, open_folder, read_outputs
from ._summary import summary
from ._terminal import findings_view, judgement_view, run_view

__all__ = [
    "SCHEMA_VERSION",
    "SEVERITIES",
    "TIERS",
    "TIER_MEANINGS",
    "Array",
    "Backend",
    "Check",
    "CorpusInfo",
    "Discrepancy",
    "Expected",
    "Extreme",
    "Findings",
    "FolderError",
    "Outputs",
    "Parameter",
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
    "findings_view",
    "float_from",
    "hex_of",
    "judgement_view",
    "open_folder",
    "parameter_record",
    "property_id",
    "read_outputs",
    "read_record",
    "record_schema",
    "run_view",
    "scalar_from",
    "shortest_decimal",
    "summary",
    "verdict",
]
