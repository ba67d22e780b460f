"""The training panel: features of every cohort day as they were known then, and what became of each row.

Features come from the same fold as a nightly run, with ``known_at`` = the cohort day; outcomes from everything
known at the latest day.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from models.errors import ModelError
from models.learning.labels import OUTCOME_COLUMNS, attach_labels, in_cohort, last_complete_day
from models.learning.splits import cohort_days
from models.learning.strictness import adjusted_counts, team_effects
from models.learning.training import OTHER, Material
from models.policy import FAMILY_NAMES, VISIT_FAMILIES, Fitting, Label, Policy, PolicyOnDay
from models.vocabulary import as_date, day_number
from warehouse.coding.coding import data_watermark
from warehouse.coding.levels import features_on
from warehouse.database.findings import findings
from warehouse.database.frames import Connection, log
from warehouse.database.meta import value
from warehouse.database.validity import inspection, known, standing
from warehouse.learning.outcomes import outcomes
from warehouse.learning.visits import visit_rows

_ALWAYS = (
    "enterprise_id",
    "sector",
    "division",
    "employees",
    "inspections_24m",
    "inspections_36m",
    "inspections_window",
    "serious_visits_36m",
    "high_hazard",
    "severity_mean",
    "violations_60m",
)
"""Columns that baselines, priors and parity need, whatever the card uses."""


def build_material(
    connection: Connection,
    policy: Policy,
    *,
    label: str,
    as_of: date,
    to_judge: bool = True,
    families: Sequence[str] = FAMILY_NAMES,
) -> Material:
    """Everything a card for ``label`` is fitted and judged on, as known on ``as_of``.

    Only cohort days whose labels are complete; without ``to_judge`` only those a card is fitted on.  Rows of visits
    where one of the ``families`` learns from them.
    Raises ModelError for a label the pack does not define.
    """
    on_day = policy.on(as_of)
    wanted = label_of(on_day, label)
    days = panel_days(connection, wanted, on_day.learning.fitting, as_of, to_judge=to_judge)
    columns = needed_columns(on_day)
    parts: list[pl.DataFrame] = []
    for day in days:
        log.info("cohort %s", day)
        features = pl.concat(features_on(connection, day, day, policy.on(day).features))
        adjusted = adjusted_counts(*recorded(connection, day))
        parts.append(
            features.filter(in_cohort(wanted))
            .select(columns)
            # Integers in half the space; every feature fits.
            .with_columns(pl.col(pl.Int64).cast(pl.Int32))
            .join(adjusted, on="enterprise_id", how="left", maintain_order="left")
            .join(_legal_forms(connection, day), on="enterprise_id", how="left", maintain_order="left")
            .with_columns(
                # Rounded: the last digits of a sum depend on the order of its terms, and ties on the last digits.
                pl.col("adjusted_36m").fill_null(0.0).round(6),
                as_of=pl.lit(day_number(day), dtype=pl.Int64),
            )
        )
    current = pl.concat(features_on(connection, as_of, as_of, on_day.features))
    panel = pl.concat(parts)
    watermark = data_watermark(connection, as_of) or as_of
    log.info("attaching labels")
    others = [
        attach_labels(panel, outcomes(connection, other, as_of), label=other, known_at=as_of)["label"].alias(
            f"{OTHER}{name}"
        )
        for name, other in on_day.learning.labels.items()
        if name != label and name in MAIN_LABELS
    ]
    return Material(
        panel=with_outcomes(connection, panel, wanted, known_at=as_of).with_columns(others),
        visits=visit_rows(connection, policy, wanted, columns, since=days[0], known_at=as_of)
        if set(VISIT_FAMILIES) & set(families)
        else None,
        current=current.select(columns),
        label=wanted,
        fitted_for=as_of,
        data_watermark=watermark,
    )


def panel_days(
    connection: Connection, label: Label, fitting: Fitting, as_of: date, *, to_judge: bool
) -> list[date]:
    """Cohort days a panel needs, oldest first.  Raises ModelError when no label is complete yet."""
    last = as_date(last_complete_day(label, as_of))
    days = [
        day
        for day in cohort_days(first_event_day(connection), as_of, months=fitting.cohort_months)
        if day <= last
    ]
    if not days:
        raise ModelError(
            "No label '{name}' is complete on {as_of}: it takes {horizon_days} days and {lag_days} "
            "more to be announced. Take in more history, or choose another label.",
            name=label.name,
            as_of=as_of,
            horizon_days=label.spec.horizon_days,
            lag_days=label.spec.lag_days,
        )
    between = fitting.train_cohorts
    if to_judge:
        between += fitting.test_periods + -(-label.spec.gap_days // (28 * fitting.cohort_months))
    return days[-between:]


MAIN_LABELS = ("serious_finding", "penalty", "accident")
"""Labels every card is calibrated for, whichever it was fitted for."""


def label_of(policy: PolicyOnDay, name: str) -> Label:
    """A label of the pack, or a variant of one.  Raises ModelError that lists what there is."""
    label = policy.learning.label(name)
    if label is None:
        raise ModelError(
            "The pack {pack} has no label '{name}'. Choose one of: {known}; with another horizon or threshold: "
            "penalty:730d:severity_rank>=3.",
            pack=policy.pack,
            name=name,
            known=", ".join(policy.learning.labels),
        )
    tested = {one.feature for one in label.spec.when}
    unknown = tested - {*OUTCOME_COLUMNS[label.spec.outcome]}
    if unknown:
        raise ModelError(
            "The label '{name}' tests {unknown}; outcomes of its kind have {known}.",
            name=name,
            unknown=", ".join(sorted(unknown)),
            known=", ".join(OUTCOME_COLUMNS[label.spec.outcome]),
        )
    return label


def needed_columns(policy: PolicyOnDay) -> list[str]:
    """Feature columns that candidates, rules, the expert card, baselines and parity read."""
    learning, codes = policy.learning, policy.codes
    conditions = [one for rule in codes.rules for one in rule.when]
    conditions += [one for group in codes.sufficiency.any_of for one in group]
    names = [
        *_ALWAYS,
        *(candidate.feature for candidate in learning.candidates),
        *(one.feature for one in conditions),
        *policy.scorecard.features,
    ]
    return list(dict.fromkeys(names))


def first_event_day(connection: Connection) -> date:
    """Day of the first event on record; cohorts before it would know nothing."""
    union = " UNION ALL ".join(
        f"SELECT min({column}) AS day FROM core.{table}"
        for table, column in (
            ("violations", "occurred_on"),
            ("inspections", "inspected_on"),
            ("accidents", "occurred_on"),
        )
    )
    return value(connection, f"SELECT coalesce(min(day), DATE '2000-01-01') FROM ({union})")


def _legal_forms(connection: Connection, day: date) -> pl.DataFrame:
    """Legal form of every enterprise as known on a day: reported, and no feature."""
    query = f"SELECT enterprise_id, legal_form FROM core.enterprises e WHERE {known('e', day='$day')}"
    return connection.sql(query, params={"day": day}).pl()


def recorded(connection: Connection, day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of 36 months known on a day with the team that recorded them, and the strictness of the teams."""
    found = connection.sql(_FINDINGS.format(findings=findings(connection)), params={"day": day}).pl()
    visits = connection.sql(_VISITS, params={"day": day}).pl()
    return found, team_effects(visits)


_TEAM = "coalesce(i.officers, i.departments)"
_FINDINGS = f"""
    SELECT v.enterprise_id, coalesce({_TEAM}, v.department) AS team, v.quantity
    FROM {{findings}} v
    LEFT JOIN core.inspections i ON i.source = v.source AND i.inspection_id = v.inspection_id
         AND {standing("i", day="$day")}
    WHERE {standing("v", day="$day")} AND v.occurred_on <= $day AND v.occurred_on > $day - 1097
"""
_VISITS = f"""
    WITH found AS (
        SELECT v.source, v.inspection_id, sum(v.quantity) AS findings FROM core.violations v
        WHERE {standing("v", day="$day")} AND v.occurred_on <= $day AND v.occurred_on > $day - 1097 GROUP BY ALL)
    SELECT {_TEAM} AS team, e.sector, coalesce(f.findings, 0)::BIGINT AS findings
    FROM core.inspections i
    JOIN core.enterprises e ON e.enterprise_id = i.enterprise_id AND {known("e", day="$day")}
    LEFT JOIN found f ON f.source = i.source AND f.inspection_id = i.inspection_id
    WHERE {standing("i", day="$day")} AND {inspection("i")} AND i.inspected_on <= $day
      AND i.inspected_on > $day - 1097
"""


def with_outcomes(
    connection: Connection, panel: pl.DataFrame, label: Label, *, known_at: date
) -> pl.DataFrame:
    """The panel with the columns of ``attach_labels`` and, for visits, ``drawn_label`` (random draws only)."""
    events = outcomes(connection, label, known_at)
    labelled = attach_labels(panel, events, label=label, known_at=known_at)
    if label.spec.outcome != "next_visit":
        return labelled
    drawn = attach_labels(panel, events.filter(pl.col("is_random") == 1), label=label, known_at=known_at)
    return labelled.with_columns(drawn_label=drawn["label"])
