"""Reading and checking a policy pack, and the values in force on a day."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from models.errors import PolicyError, PolicyGapError
from models.policy.learning import FORBIDDEN, Label, LearningFile, LearningPolicy
from models.policy.planning import CapFile, PlanningFile, PlanningPolicy, check_planning, planning_on
from models.policy.review import ReviewFile, ReviewPolicy, review_on
from models.policy.shape import (
    Band,
    CardFile,
    ChangeRules,
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
REVIEW_FILES = ("review",)
FILES = (*CODING_FILES, *PLANNING_FILES, *REVIEW_FILES)
RESERVED = ("score", "unrated", "band", "held", "override", "enterprise_id")
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
    longest_plan_days: int


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
    change: ChangeRules
    change_provenance: Provenance
    change_title: Words
    change_clearing: Words


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
    review: ReviewPolicy


@dataclass(frozen=True)
class Policy:
    """A pack, read and checked.

    ``hash`` is the SHA-256 of what decides codes and is stored with every code; ``planning_hash`` that of what
    decides visits, and is stored with every plan; ``content_hash`` that of all values, whatever they decide.
    ``texts`` are the files as read, by name without ending: from them the very same pack is read again.
    """

    name: str
    version: str
    title: Words
    note: Words
    hash: str
    planning_hash: str
    content_hash: str
    texts: Mapping[str, str] = field(repr=False)
    _features: FeatureFile
    _codes: CodeFile
    _card: CardFile
    _learning: LearningFile
    _planning: PlanningFile
    _caps: CapFile
    _review: ReviewFile

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
            review=review_on(self._review, as_of),
        )

    def changes_between(self, first: date, last: date) -> list[date]:
        """Days after ``first``, up to ``last``, on which a value that decides codes changes, ascending."""
        files = (self._features, self._codes, self._card)
        days = {day for file in files for day in _days_in(file.model_dump())}
        return sorted(day for day in days if first < day <= last)

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
            longest_plan_days=file.longest_plan_days.on(day, name="longest_plan_days").value,
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
        change = self._codes.change.on(day, name="change")
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
            change=change.value,
            change_provenance=change,
            change_title=self._codes.change_title,
            change_clearing=self._codes.change_clearing,
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


def _days_in(told: Any) -> Iterator[date]:
    """Every day under which a dated value stands."""
    if isinstance(told, dict):
        yield from (key for key in told if isinstance(key, date))
        for item in told.values():
            yield from _days_in(item)
    elif isinstance(told, list):
        for item in told:
            yield from _days_in(item)


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
    return policy_from(read_texts(pack, folder=folder))


def read_texts(pack: str, *, folder: Path = PACKS) -> dict[str, str]:
    """The files of a pack, those it inherits included, by name without ending.  Raises PolicyError."""
    root = folder / pack
    if not (root / "pack.yaml").exists():
        raise PolicyError(f"There is no policy pack '{pack}'; known packs: {', '.join(pack_names())}.")
    meta = _check(PackFile, _read(root / "pack.yaml"), "pack")
    parent = _parent(meta, folder) or root
    return {name: _text(_own_or_inherited(f"{name}.yaml", root, parent)) for name in FILES}


def policy_from(texts: Mapping[str, str]) -> Policy:
    """A pack from the texts of its files, as ``Policy.texts`` holds them.  Raises PolicyError, naming file and field.

    A kind of file that came with a later version of the program than the texts is taken from the starter pack: no
    code was decided by it then.
    """
    whole = {
        name: texts[name] if name in texts else _text(PACKS / "starter" / f"{name}.yaml") for name in FILES
    }
    raw = {name: _parsed(name, text) for name, text in whole.items()}
    meta = _check(PackFile, raw["pack"], "pack")
    policy = Policy(
        name=meta.name,
        version=meta.version,
        title=meta.title,
        note=meta.note,
        hash=_hash({name: raw[name] for name in CODING_FILES}),
        planning_hash=_hash({name: raw[name] for name in PLANNING_FILES}),
        content_hash=_hash({name: raw[name] for name in texts}),
        texts=dict(texts),
        _features=_check(FeatureFile, raw["features"], "features"),
        _codes=_check(CodeFile, raw["codes"], "codes"),
        _card=_check(CardFile, raw["scorecard"], "scorecard"),
        _learning=_check(LearningFile, raw["learning"], "learning"),
        _planning=_check(PlanningFile, raw["planning"], "planning"),
        _caps=_check(CapFile, raw["caps"], "caps"),
        _review=_check(ReviewFile, raw["review"], "review"),
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
        # A pack in a folder of its own may change one of those that come with the project.
        path = PACKS / meta.extends / "pack.yaml"
    if not path.exists():
        raise PolicyError(
            f"pack.yaml: {meta.name} extends '{meta.extends}', which is no pack; known packs: "
            f"{', '.join(pack_names())}. Name one of them."
        )
    further = _check(PackFile, _read(path), "pack").extends
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
    return _parsed(path.stem, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise PolicyError(f"{path.name}: {error}. Correct the pack.") from error


def _parsed(name: str, text: str) -> dict[str, Any]:
    stream = StringIO(text)
    stream.name = f"{name}.yaml"  # The reader names it where the text is at fault.
    try:
        return yaml.load(stream, Loader=_NoDuplicates)
    # A date like 1990-13-01 is a ValueError of the YAML reader's own.
    except (PolicyError, yaml.YAMLError, ValueError) as error:
        raise PolicyError(f"{name}.yaml: {error}. Correct the pack.") from error


M = TypeVar("M", bound=BaseModel)


def _check(model: type[M], raw: dict[str, Any], name: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{name}.yaml: {where}: {first['msg']}. Correct the pack.") from error


def _hash(raw: dict[str, Any]) -> str:
    text = yaml.safe_dump(raw, sort_keys=True, allow_unicode=True)
    return hashlib.sha256(text.encode()).hexdigest()
