"""What must hold: stated identities with the inputs that attack them, published figures, and errata."""

from ._catalogue import PROPERTIES, property_named
from ._check import Comparison, Outcome, calls_of, check, check_reference
from ._choices import Choices, Seeded
from ._function_inputs import Inputs, function_inputs
from ._functions import Backend, Call, Failed, NoNumber, Unsupported
from ._property import Domain, Given, Property, Relation, Slot, at_most, equal
from ._replay import Replay, asked
from ._search_plan import Plan, Setting
from ._text import broken_text
from ._trainer import ReferenceTrainer, ReplayTrainer, Stretch, Trainer, TrainingPath
from ._training import STEPS, TRAINING_STEP, Training, TrainingOutcome, asked_training, check_training

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
    "Given",
    "Inputs",
    "NoNumber",
    "Outcome",
    "Plan",
    "Property",
    "ReferenceTrainer",
    "Relation",
    "Replay",
    "ReplayTrainer",
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
