"""What a pack says that is sound but cannot be meant: faults the loader lets pass.

The loader refuses what cannot be computed with.  This finds what can, and would mislead: a factor that moves no score,
a cut-off nobody can reach, a rule that never speaks, a law without its article.  An *error* must be put right before
a pack is activated; a *warning* may be meant.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from operator import attrgetter

from models.bins import bins_of
from models.features import CATALOGUE
from models.lint.faults import Finding, finding
from models.lint.references import reference_findings
from models.lint.rules import CATEGORIES, rule_findings
from models.policy.in_force import histories
from models.policy.learning import FORBIDDEN, directions_of
from models.policy.pack import Policy
from models.policy.planning import CapRow
from models.policy.shape import Entry, FactorEntry, Provenance

_INSPECTOR_OR_OWNER = re.compile(
    r"inspector|officer|crew|department|(?<!industry_)division|district|enforcing_level|owner|shareholder|legal_person|enterprise_id|name$"
)
"""Features that say who inspects, where, or who owns; a code must not depend on them."""


def lint(policy: Policy) -> tuple[Finding, ...]:
    """All faults of a pack, errors first, then by file and field."""
    found = {
        *reference_findings(policy),
        *_features(policy),
        *_factors(policy),
        *_cut_offs(policy),
        *rule_findings(policy),
        *_changes(policy),
        *_scales(policy),
        *_dates(policy),
        *_caps(policy),
    }
    return tuple(sorted(found, key=lambda one: (one.severity, one.file, one.field, str(one))))


def has_errors(found: Iterable[Finding]) -> bool:
    """Whether a pack must not be activated."""
    return any(one.severity == "error" for one in found)


# ---- what is read ----------------------------------------------------------------------------------------


def _features(policy: Policy) -> Iterator[Finding]:
    for file, field, feature, is_points in _read(policy):
        if _INSPECTOR_OR_OWNER.search(feature):
            yield finding("inspector_or_owner", file, field, feature=feature)
        elif feature not in CATALOGUE.names:
            yield finding("unknown_feature", file, field, feature=feature)
        elif is_points and feature in FORBIDDEN:
            yield finding("forbidden_feature", file, field, feature=feature, why=FORBIDDEN[feature])


def _read(policy: Policy) -> Iterator[tuple[str, str, str, bool]]:
    """Every feature that decides something: file, field, feature, and whether it gives points."""
    files = policy.files
    for factor in files.scorecard.factors:
        yield "scorecard", factor.name, factor.feature, True
    for rule in files.codes.rules:
        for dated in rule.values.values():
            yield from (("codes", rule.name, one.feature, False) for one in dated.value.when)
            if dated.value.expires:
                yield "codes", rule.name, dated.value.expires.days_since, False
    for dated in files.codes.sufficiency.values.values():
        for group in dated.value.any_of:
            yield from (("codes", "sufficiency", one.feature, False) for one in group)
    for dated in files.learning.candidates.values.values():
        # What may stand there besides unknown names, the loader sees to.
        yield from (("learning", "candidates", one.feature, False) for one in dated.value)


# ---- points ----------------------------------------------------------------------------------------------


def _factors(policy: Policy) -> Iterator[Finding]:
    newest = policy.files.learning.candidates.values
    directions = directions_of(newest[max(newest)].value)
    for entry in policy.files.scorecard.factors:
        direction = directions.get(entry.feature)
        for start, value in entry.values.items():
            yield from _points(entry, start, value.points, value.missing, direction)


def _points(
    entry: FactorEntry,
    start: date,
    points: Mapping[int, int] | Mapping[str, int],
    missing: int,
    direction: str | None,
) -> Iterator[Finding]:
    field = f"{entry.name}.{start}"
    if len({*points.values(), missing}) == 1:
        yield finding("no_effect", "scorecard", field)
    if all(isinstance(key, int) for key in points):
        yield from _monotone(field, [one.points for one in bins_of(points)], direction)
        return
    known = CATEGORIES.get(entry.feature)
    if known is None and entry.feature in CATALOGUE.integers:
        yield finding("not_categories", "scorecard", field, feature=entry.feature)
    for key in sorted(str(key) for key in points):
        if known is not None and key not in known:
            yield finding("unknown_category", "scorecard", field, feature=entry.feature, key=key)
    for key in sorted((known or frozenset()) - {str(key) for key in points}):
        yield finding("unnamed_category", "scorecard", field, key=key)


def _monotone(field: str, ordered: Sequence[int], direction: str | None) -> Iterator[Finding]:
    if direction == "free":
        return
    rises = all(a <= b for a, b in pairwise(ordered))
    falls = all(a >= b for a, b in pairwise(ordered))
    if not rises and not falls:
        yield finding("not_monotone", "scorecard", field)
    elif (direction == "up" and not rises) or (direction == "down" and not falls):
        yield finding("wrong_direction", "scorecard", field, direction=direction)


def _cut_offs(policy: Policy) -> Iterator[Finding]:
    for day in _days(policy):
        card = policy.scorecard_on(day)
        limits = policy.files.codes.thresholds.on(day, name="thresholds").value
        most = sum(max(*factor.points.values(), factor.missing) for factor in card.factors)
        least = sum(min(*factor.points.values(), factor.missing) for factor in card.factors)
        for code, limit in limits:
            if most < limit:
                yield finding("unreachable", "codes", f"thresholds.{code}", most=most, limit=limit, day=day)
        if least >= limits.blue:
            yield finding("never_green", "codes", "thresholds.blue", least=least, day=day)


def _days(policy: Policy) -> list[date]:
    """Days on which something that decides codes changes and the whole pack has values."""
    starts = [min(one.values) for one in (*policy.files.scorecard.factors, policy.files.codes.thresholds)]
    first = max(starts)
    return [first, *policy.changes_between(first, date.max)]


# ---- the rest --------------------------------------------------------------------------------------------


def _changes(policy: Policy) -> Iterator[Finding]:
    codes = policy.files.codes
    if codes.off_site_settles is None:
        yield finding("off_site_as_before", "codes", "off_site_settles")
    for start, dated in codes.change.values.items():
        for code, days in dated.value.dwell_days:
            if days == 0:
                yield finding("no_dwell", "codes", f"change.{start}.dwell_days.{code}")
        limits = codes.thresholds.on(max(start, min(codes.thresholds.values)), name="thresholds").value
        narrowest = min(limits.red - limits.yellow, limits.yellow - limits.blue)
        if dated.value.margin >= narrowest:
            yield finding(
                "wide_margin",
                "codes",
                f"change.{start}.margin",
                margin=dated.value.margin,
                narrowest=narrowest,
            )


def _scales(policy: Policy) -> Iterator[Finding]:
    """Scales that run the wrong way: graver things weigh more, older ones less."""
    file = policy.files.features
    for name, order, dated in (
        ("severity_points", ("minor", "general", "serious", "critical"), file.severity_points),
        ("alert_points", ("blue", "yellow", "orange", "red"), file.alert_points),
    ):
        for start, one in dated.values.items():
            if any(one.value[a] > one.value[b] for a, b in pairwise(order)):
                yield finding("graver_for_less", "features", f"{name}.{start}")
    for name, dated in (("violation_bands", file.violation_bands), ("alert_bands", file.alert_bands)):
        for start, one in dated.values.items():
            if any(a.weight < b.weight for a, b in pairwise(sorted(one.value, key=attrgetter("upto_days")))):
                yield finding("older_for_more", "features", f"{name}.{start}")


def _dates(policy: Policy) -> Iterator[Finding]:
    """Values that begin later than the others leave days without rules; values that repeat the last one say nothing."""
    found = [
        (file, path, {day: _said(one) for day, one in history.values.items()}, _may_begin_later(history))
        for file, model in vars(policy.files).items()
        for path, history in histories(model)
    ]
    first = min(min(values) for _, _, values, _ in found)
    for file, field, values, may_begin_later in found:
        begins = min(values)
        if begins > first and not may_begin_later:
            yield finding("gap", file, field, begins=begins, first=first)
        for before, after in pairwise(sorted(values)):
            if values[before] == values[after]:
                yield finding("says_the_same", file, f"{field}.{after}")


def _may_begin_later(history: object) -> bool:
    return isinstance(history, Entry) and history.may_begin_later


def _said(told: Provenance) -> tuple[object, dict[str, str]]:
    """What a dated value says, and by which right, part by part: what becomes policy is not said twice."""
    return told.said, {part: one.basis for part, one in told.sources.items()}


def _caps(policy: Policy) -> Iterator[Finding]:
    for start, dated in policy.files.caps.caps.values.items():
        for at, row in enumerate(dated.value):
            if any(_covers(earlier, row) for earlier in dated.value[:at]):
                yield finding("covered_cap", "caps", f"caps.{start}.{at + 1}", title=row.title)
            if row.most == 0:
                yield finding("cap_of_nothing", "caps", f"caps.{start}.{at + 1}")


def _covers(earlier: CapRow, row: CapRow) -> bool:
    pairs = (
        (earlier.sectors, row.sectors),
        (earlier.standardisation, row.standardisation),
        (earlier.codes, row.codes),
    )
    return all(wide is None or (narrow is not None and set(narrow) <= set(wide)) for wide, narrow in pairs)
