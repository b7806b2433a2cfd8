"""What must hold: stated identities, the inputs that attack them, published figures. Backends come from elsewhere."""

from .catalogue import PROPERTIES, property_named
from .checking.check import Comparison, Outcome, calls_of, check, check_reference
from .checking.choices import Choices, Seeded
from .checking.functions import Backend, Failed, FunctionCall, NoNumber, Unsupported
from .checking.property import Domain, Input, Property, PropertyInputs, Relation, at_most, equal
from .checking.replay import Replay, asked
from .domains.function_inputs import Inputs, function_inputs
from .search.plan import Plan, SearchTarget
from .text import broken_text
from .training.trainer import ReferenceTrainer, ReplayTrainer, Stretch, Trainer, TrainingPath
from .training.training import STEPS, TRAINING_STEP, Training, TrainingOutcome, asked_training, check_training

# Names of earlier releases.
Call = FunctionCall
Given = PropertyInputs
Setting = SearchTarget
Slot = Input

__all__ = [
    "PROPERTIES",
    "STEPS",
    "TRAINING_STEP",
    "Backend",
    "Call",
    "Choices",
    "Comparison",
    "Domain",
    "Failed",
    "FunctionCall",
    "Given",
    "Input",
    "Inputs",
    "NoNumber",
    "Outcome",
    "Plan",
    "Property",
    "PropertyInputs",
    "ReferenceTrainer",
    "Relation",
    "Replay",
    "ReplayTrainer",
    "SearchTarget",
    "Seeded",
    "Setting",
    "Slot",
    "Stretch",
    "Trainer",
    "Training",
    "TrainingOutcome",
    "TrainingPath",
    "Unsupported",
    "asked",
    "asked_training",
    "at_most",
    "broken_text",
    "calls_of",
    "check",
    "check_reference",
    "check_training",
    "equal",
    "function_inputs",
    "property_named",
]
