"""Reading and checking a policy pack, and the values in force on a day."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from models.errors import PolicyError, PolicyGapError
from models.policy.learning import FORBIDDEN, Label, LearningFile, LearningPolicy
from models.policy.planning import CapFile, PlanningFile, PlanningPolicy, check_planning, planning_on
from models.policy.shape import (
    Band,
    CardFile,
    CodeFile,
    Condition,
    Expiry,
    FeatureFile,
    PackFile,
    Provenance,
    RuleEntry,
    Sufficiency,
    Thresholds,
    Words,
)
from models.scorecard import Factor, Scorecard
from models.vocabulary import ALERT_LEVEL, SEVERITY

PACKS = Path(__file__).parent / "packs"
CODING_FILES = ("pack", "features", "scorecard", "codes", "learning")
PLANNING_FILES = ("planning", "caps")
RESERVED = ("score", "unrated", "band", "enterprise_id")
"""Names that reasons and columns of the result carry; no factor or rule may."""


@dataclass(frozen=True)
class FeaturePolicy:
    """Numbers the features need, on one day."""

    severity_points: Mapping[str, int]
    violation_bands: tuple[tuple[int, int], ...]
    severity_window_days: int
    severity_mean_points: Mapping[str, int]
    prior_points: int
    prior_visits: int
    repeat_window_days: int
    alert_points: Mapping[str, int]
    alert_bands: tuple[tuple[int, int], ...]
    slow_minutes: int
    unanswered_minutes: int


@dataclass(frozen=True)
class Rule:
    """A veto or a floor, on one day."""

    name: str
    kind: str
    title: Words
    clearing: Words
    check: Words
    when: tuple[Condition, ...]
    code: str
    expires: Expiry | None
    provenance: Provenance


@dataclass(frozen=True)
class CodePolicy:
    """How points become codes, on one day."""

    thresholds: Thresholds
    thresholds_provenance: Provenance
    sufficiency: Sufficiency
    sufficiency_provenance: Provenance
    sufficiency_title: Words
    sufficiency_clearing: Words
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class QueuePolicy:
    """Deadlines of the red queue, on one day."""

    red_visit_working_days: int
    provenance: Provenance


@dataclass(frozen=True)
class PolicyOnDay:
    """Everything the method needs to know on one day."""

    pack: str
    version: str
    pack_hash: str
    planning_hash: str
    features: FeaturePolicy
    scorecard: Scorecard
    codes: CodePolicy
    queue: QueuePolicy
    learning: LearningPolicy
    planning: PlanningPolicy


@dataclass(frozen=True)
class Policy:
    """A pack, read and checked.

    ``hash`` is the SHA-256 of what decides codes and is stored with every code; ``planning_hash`` that of what
    decides visits, and is stored with every plan.
    """

    name: str
    version: str
    title: Words
    note: Words
    hash: str
    planning_hash: str
    _features: FeatureFile
    _codes: CodeFile
    _card: CardFile
    _learning: LearningFile
    _planning: PlanningFile
    _caps: CapFile

    def on(self, as_of: date) -> PolicyOnDay:
        """Values in force on a day.  Raises PolicyGapError where the pack has none."""
        queue = self._queue_on(as_of)
        return PolicyOnDay(
            pack=self.name,
            version=self.version,
            pack_hash=self.hash,
            planning_hash=self.planning_hash,
            features=self._features_on(as_of),
            scorecard=self._scorecard_on(as_of),
            codes=self._codes_on(as_of),
            queue=queue,
            learning=self._learning_on(as_of),
            planning=planning_on(
                self._planning, self._caps, as_of, red_visit_working_days=queue.red_visit_working_days
            ),
        )

    def _features_on(self, day: date) -> FeaturePolicy:
        file = self._features
        mean = file.severity_mean.on(day, name="severity_mean").value
        return FeaturePolicy(
            severity_points=file.severity_points.on(day, name="severity_points").value,
            violation_bands=_bands(file.violation_bands.on(day, name="violation_bands").value),
            severity_window_days=mean.window_days,
            severity_mean_points=mean.points,
            prior_points=mean.prior_points,
            prior_visits=mean.prior_visits,
            repeat_window_days=file.repeat_window_days.on(day, name="repeat_window_days").value,
            alert_points=file.alert_points.on(day, name="alert_points").value,
            alert_bands=_bands(file.alert_bands.on(day, name="alert_bands").value),
            slow_minutes=file.slow_minutes.on(day, name="slow_minutes").value,
            unanswered_minutes=file.unanswered_minutes.on(day, name="unanswered_minutes").value,
        )

    def _scorecard_on(self, day: date) -> Scorecard:
        factors: list[Factor] = []
        for entry in self._card.factors:
            value = _in_force(entry.values, day, name=f"factor {entry.factor}")
            factors.append(
                Factor(
                    name=entry.factor,
                    feature=entry.feature,
                    points=value.points,
                    missing=value.missing,
                    title_zh=entry.title.zh,
                    title_en=entry.title.en,
                    check_zh=entry.check.zh if entry.check else "",
                    check_en=entry.check.en if entry.check else "",
                    basis=value.basis,
                    reference=value.reference,
                )
            )
        return Scorecard(name=self._card.name, version=self.version, factors=tuple(factors))

    def _codes_on(self, day: date) -> CodePolicy:
        thresholds = self._codes.thresholds.on(day, name="thresholds")
        sufficiency = self._codes.sufficiency.on(day, name="sufficiency")
        return CodePolicy(
            thresholds=thresholds.value,
            thresholds_provenance=thresholds,
            sufficiency=sufficiency.value,
            sufficiency_provenance=sufficiency,
            sufficiency_title=self._codes.sufficiency_title,
            sufficiency_clearing=self._codes.sufficiency_clearing,
            rules=tuple(_rule_on(entry, day) for entry in self._codes.rules),
        )

    def _queue_on(self, day: date) -> QueuePolicy:
        days = self._codes.red_visit_working_days.on(day, name="red_visit_working_days")
        return QueuePolicy(days.value, days)

    def _learning_on(self, day: date) -> LearningPolicy:
        file = self._learning
        labels: dict[str, Label] = {}
        for entry in file.labels:
            dated = _in_force(entry.values, day, name=f"label {entry.label}")
            labels[entry.label] = Label(entry.label, entry.title, entry.meaning, dated.value, dated)
        return LearningPolicy(
            labels=labels,
            candidates=tuple(file.candidates.on(day, name="candidates").value),
            fitting=file.fitting.on(day, name="fitting").value,
            gate=file.gate.on(day, name="gate").value,
        )


V = TypeVar("V")


def _in_force(values: Mapping[date, V], day: date, *, name: str) -> V:
    starts = [start for start in values if start <= day]
    if not starts:
        raise PolicyGapError(
            f"The policy pack has no {name} for {day}; its first value starts {min(values)}. "
            "Add a dated value, or code a later day."
        )
    return values[max(starts)]


def _rule_on(entry: RuleEntry, day: date) -> Rule:
    dated = _in_force(entry.values, day, name=f"rule {entry.rule}")
    return Rule(
        name=entry.rule,
        kind=entry.kind,
        title=entry.title,
        clearing=entry.clearing,
        check=entry.check,
        when=tuple(dated.value.when),
        code=dated.value.code,
        expires=dated.value.expires,
        provenance=dated,
    )


def _bands(bands: list[Band]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((band.upto_days, band.weight) for band in bands))


def pack_names() -> list[str]:
    """Names of the packs that come with the project."""
    return sorted(path.name for path in PACKS.iterdir() if (path / "pack.yaml").exists())


@cache
def load_policy(pack: str = "starter", *, folder: Path = PACKS) -> Policy:
    """Read and check a pack.  Raises PolicyError that names file and field."""
    root = folder / pack
    if not (root / "pack.yaml").exists():
        raise PolicyError(f"There is no policy pack '{pack}'; known packs: {', '.join(pack_names())}.")
    meta = _check(PackFile, _read(root / "pack.yaml"), root / "pack.yaml")
    parent = _parent(meta, folder) or root
    raw = {
        name: _read(_own_or_inherited(f"{name}.yaml", root, parent))
        for name in (*CODING_FILES, *PLANNING_FILES)
    }
    policy = Policy(
        name=meta.name,
        version=meta.version,
        title=meta.title,
        note=meta.note,
        hash=_hash({name: raw[name] for name in CODING_FILES}),
        planning_hash=_hash({name: raw[name] for name in PLANNING_FILES}),
        _features=_check(FeatureFile, raw["features"], root / "features.yaml"),
        _codes=_check(CodeFile, raw["codes"], root / "codes.yaml"),
        _card=_check(CardFile, raw["scorecard"], root / "scorecard.yaml"),
        _learning=_check(LearningFile, raw["learning"], root / "learning.yaml"),
        _planning=_check(PlanningFile, raw["planning"], root / "planning.yaml"),
        _caps=_check(CapFile, raw["caps"], root / "caps.yaml"),
    )
    _check_whole(policy)
    check_planning(policy._planning, policy._caps)
    return policy


def _parent(meta: PackFile, folder: Path) -> Path | None:
    """Folder of the pack this one changes; it must be whole."""
    if meta.extends is None:
        return None
    path = folder / meta.extends / "pack.yaml"
    if not path.exists():
        raise PolicyError(
            f"pack.yaml: {meta.name} extends '{meta.extends}', which is no pack; known packs: "
            f"{', '.join(pack_names())}. Name one of them."
        )
    further = _check(PackFile, _read(path), path).extends
    if further is not None:
        raise PolicyError(
            f"pack.yaml: {meta.name} extends '{meta.extends}', which itself extends '{further}'. "
            "Extend a pack that stands alone."
        )
    return path.parent


def _own_or_inherited(name: str, root: Path, parent: Path) -> Path:
    """A pack that extends another one holds only the files it changes."""
    return root / name if (root / name).exists() else parent / name


def _check_whole(policy: Policy) -> None:
    """What single fields cannot see: every category has its points, and no name stands twice."""
    file = policy._features
    scales = [
        (
            "severity_points",
            SEVERITY.keys,
            {day: entry.value for day, entry in file.severity_points.values.items()},
        ),
        (
            "severity_mean",
            SEVERITY.keys,
            {day: entry.value.points for day, entry in file.severity_mean.values.items()},
        ),
        (
            "alert_points",
            ALERT_LEVEL.keys,
            {day: entry.value for day, entry in file.alert_points.values.items()},
        ),
    ]
    for name, needed, values in scales:
        for start, points in values.items():
            if set(points) != set(needed):
                raise PolicyError(f"features.yaml: {name} from {start} must name exactly {needed}.")
    for name, dated in (("violation_bands", file.violation_bands), ("alert_bands", file.alert_bands)):
        for start, entry in dated.values.items():
            _refuse_repeats(f"features.yaml: {name} from {start}", [band.upto_days for band in entry.value])
    names = [entry.rule for entry in policy._codes.rules] + [entry.factor for entry in policy._card.factors]
    _refuse_repeats("scorecard.yaml and codes.yaml", [*names, *RESERVED])
    _refuse_repeats("learning.yaml: labels", [entry.label for entry in policy._learning.labels])
    for start, entry in policy._learning.candidates.values.items():
        offered = [candidate.feature for candidate in entry.value]
        _refuse_repeats(f"learning.yaml: candidates from {start}", offered)
        for feature in set(offered) & set(FORBIDDEN):
            raise PolicyError(
                f"learning.yaml: {feature} may not be a candidate: {FORBIDDEN[feature]}. Take it out."
            )


def _refuse_repeats(where: str, names: Sequence[object]) -> None:
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise PolicyError(f"{where}: {', '.join(repeated)} is used twice or reserved. Choose another name.")


class _NoDuplicates(yaml.SafeLoader):
    """YAML without repeated keys: two values for one day would silently overlap."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {str(key) for key in keys if keys.count(key) > 1}
        if repeated:
            line = node.start_mark.line + 1
            raise PolicyError(f"line {line}: {', '.join(repeated)} stands twice. Keep one.")
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, Loader=_NoDuplicates)
    # A date like 1990-13-01 is a ValueError of the YAML reader's own.
    except (PolicyError, yaml.YAMLError, ValueError, OSError) as error:
        raise PolicyError(f"{path.name}: {error}. Correct the pack.") from error


M = TypeVar("M", bound=BaseModel)


def _check(model: type[M], raw: dict[str, Any], path: Path) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{path.name}: {where}: {first['msg']}. Correct the pack.") from error


def _hash(raw: dict[str, Any]) -> str:
    text = yaml.safe_dump(raw, sort_keys=True, allow_unicode=True)
    return hashlib.sha256(text.encode()).hexdigest()
