"""Policy is data with a date and a source: every number of the method comes from a named, versioned pack.

A pack is a folder of YAML files under ``packs/``.  Each number stands under the day from which it applies,
with its ``basis`` (law, policy or proposal) and a ``reference``.  ``load_policy`` reads and checks a pack once;
``Policy.on(as_of)`` gives the frozen values of one day or says which value is missing.
"""

from models.policy.channels import CHANNELS, Channel
from models.policy.learning import (
    FAMILY_NAMES,
    FORBIDDEN,
    VISIT_FAMILIES,
    Candidate,
    Direction,
    Fitting,
    Gate,
    Label,
    LabelValue,
    LearningPolicy,
    directions_of,
)
from models.policy.loading import load_policy, pack_names
from models.policy.pack import CodePolicy, FeaturePolicy, Policy, PolicyOnDay, QueuePolicy, Rule
from models.policy.planning import DAY, PlanningPolicy
from models.policy.shape import ChangeRules, Condition, Provenance, Thresholds, Words

__all__ = [
    "CHANNELS",
    "DAY",
    "FAMILY_NAMES",
    "FORBIDDEN",
    "VISIT_FAMILIES",
    "Candidate",
    "ChangeRules",
    "Channel",
    "CodePolicy",
    "Condition",
    "Direction",
    "FeaturePolicy",
    "Fitting",
    "Gate",
    "Label",
    "LabelValue",
    "LearningPolicy",
    "PlanningPolicy",
    "Policy",
    "PolicyOnDay",
    "Provenance",
    "QueuePolicy",
    "Rule",
    "Thresholds",
    "Words",
    "directions_of",
    "load_policy",
    "pack_names",
]
