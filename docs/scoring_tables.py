"""Fills the generated blocks of ``docs/scoring.md`` and draws ``docs/img/codes.svg``.

``python -m docs.scoring_tables`` codes the demo city in a temporary folder and, where the folder of
``RISKCODE_REAL_DATA`` exists, the real data sets; without it their block stays as it is.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from docs.codes_picture import codes_svg
from docs.markers import table, with_block
from models.calendar import is_working_day
from models.coding.verdicts import assign_codes
from models.policy import Condition, PolicyOnDay, Rule, load_policy
from models.scorecard import Factor
from models.vocabulary import JINAN_DIVISIONS, SECTOR
from pipelines.demo import write_demo_city
from pipelines.settings import load_settings
from warehouse.coding.coding import Coding
from warehouse.coding.engines import fold
from warehouse.coding.order import code_enterprises
from warehouse.coding.stages import compute_codes, compute_features, compute_scores
from warehouse.coding.timelines import compute_timelines
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping

FILE = Path(__file__).with_name("scoring.md")
PICTURE = Path(__file__).with_name("img") / "codes.svg"
DAY = date(2026, 6, 30)
HALF_YEAR = date(2026, 1, 1)
DEMO_SIZE = 5000
WORST_FIRST = ("red", "yellow", "blue", "green")
TRIED = {"red": (30, 32, 34, 36, 40), "yellow": (15, 18, 21), "blue": (6, 8, 10)}
"""Cut-offs of the sensitivity table, one changed at a time."""

OFFICERS_A_VISIT, DAYS_A_VISIT = 2, 1
EXAMPLE_BUREAU = {"officers": 22, "working_days": 247, "officer_days": 971}
"""Worked example of the annual-plan method (年度计划编制办法), as printed in a secondary source."""

REAL_SETS = ("tw_osh", "msha_quarterly", "nrc_reactors", "nyc_restaurants")
BASELINES = {
    "score": "score of the pack",
    "violations_36m": "number of findings, 36 months",
    "violation_points": "`violation_points` alone",
    "days_since_inspection": "longest since the last visit first",
}


@dataclass(frozen=True)
class Demo:
    """What the demo city gave: one row per enterprise, reasons, the example, RED spells, visits."""

    codes: pl.DataFrame
    sensitivity: dict[tuple[str, int], dict[str, int]]
    new_red: dict[int, list[int]]
    visits_a_day: float
    working_days: int
    truth: pl.DataFrame
    example: str


# ------------------------------------------------------------------------------- from the pack alone


def pack_blocks() -> dict[str, str]:
    """Blocks that need nothing but the policy pack; a test compares them with the document."""
    policy = load_policy().on(DAY)
    return {
        "numbers": _numbers(),
        "factors": _factors(policy.scorecard.factors),
        "rules": _rules(policy),
        "thresholds": _thresholds(policy),
    }


def _numbers() -> str:
    file = load_policy().files.features
    rows: list[tuple[str, str, str, str]] = []
    for name in type(file).model_fields:
        dated = getattr(file, name).on(DAY, name=name)
        rows.append((f"`{name}`", _value(dated.value), dated.basis, dated.reference))
    return table(("number", "value", "basis", "reference"), rows)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    if isinstance(value, list):
        return ", ".join(f"≤ {band.upto_days} d ×{band.weight}" for band in value)
    if hasattr(value, "prior_points"):
        return (
            f"{_value(value.points)}; {value.window_days} days; "
            f"prior {value.prior_points} points in {value.prior_visits} visits"
        )
    return str(value)


def _factors(factors: Sequence[Factor]) -> str:
    rows = [
        (
            f"`{factor.name}`",
            f"{factor.title_zh} · {factor.title_en}",
            _points(factor),
            f"{factor.missing:+d}" if factor.missing else "0",
            factor.basis,
            factor.reference,
        )
        for factor in factors
    ]
    return table(("factor", "what", "points", "unknown", "basis", "reference"), rows)


def _points(factor: Factor) -> str:
    sign = "≥ " if factor.is_numeric else ""
    return ", ".join(
        f"{sign}{bin_}: {points:+d}" if points else f"{sign}{bin_}: 0"
        for bin_, points in factor.points.items()
    )


def _rules(policy: PolicyOnDay) -> str:
    rows = [_rule(rule) for rule in policy.codes.rules]
    enough = " or ".join(
        " and ".join(_condition(one) for one in group) for group in policy.codes.sufficiency.any_of
    )
    rows.append(
        (
            "`unrated`",
            "floor",
            policy.codes.sufficiency.provisional_floor.upper(),
            f"{policy.codes.sufficiency_title.zh}: not ({enough})",
            "–",
            f"{policy.codes.sufficiency_clearing.zh} · {policy.codes.sufficiency_clearing.en}",
            policy.codes.provenance["sufficiency"].basis,
            policy.codes.provenance["sufficiency"].reference,
        )
    )
    return table(
        ("rule", "kind", "gives", "when", "ends by itself", "cleared by", "basis", "reference"), rows
    )


def _rule(rule: Rule) -> tuple[str, ...]:
    when = " and ".join(_condition(one) for one in rule.when)
    ends = f"{rule.expires.after_days} days after (`{rule.expires.days_since}`)" if rule.expires else "–"
    return (
        f"`{rule.name}`",
        rule.kind,
        rule.code.upper(),
        f"{rule.title.zh}: {when}",
        ends,
        f"{rule.clearing.zh} · {rule.clearing.en}",
        rule.provenance.basis,
        rule.provenance.reference,
    )


def _condition(one: Condition) -> str:
    tests = [
        f"≥ {one.at_least}" if one.at_least is not None else "",
        f"≤ {one.at_most}" if one.at_most is not None else "",
        f"in {', '.join(one.one_of)}" if one.one_of is not None else "",
    ]
    return f"`{one.feature}` {' and '.join(test for test in tests if test)}"


def _thresholds(policy: PolicyOnDay) -> str:
    limits, days = policy.codes.thresholds, policy.queue.red_visit_working_days
    return (
        f"Pack `{policy.pack}` {policy.version}: GREEN below {limits.blue}, BLUE ≥ {limits.blue}, "
        f"YELLOW ≥ {limits.yellow}, RED ≥ {limits.red} points "
        f"({policy.codes.provenance['thresholds'].basis}). A RED enterprise gets one special inspection within "
        f"{days} working days ({policy.queue.provenance.basis}: {policy.queue.provenance.reference})."
    )


# ------------------------------------------------------------------------------- from the demo city


def run_demo() -> Demo:
    """Deliver, take in and code the demo city, and code each working day of its last half-year."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        city = write_demo_city(root / "delivery", enterprises=DEMO_SIZE)
        home, policy = Home(root / "home"), load_policy().on(DAY)
        with writing(home) as con:
            take_in_all(
                con, home, folder=str(root / "delivery"), mapping="demo_city", received_on=DAY, today=DAY
            )
            code_enterprises(con, Coding(DAY, DAY, policy))
            codes = con.sql(
                "SELECT c.*, s.* EXCLUDE (enterprise_id, as_of, score, scorecard, fingerprint), "
                "f.violations_36m, f.violation_points AS raw_violation_points, "
                "f.days_since_inspection AS raw_days_since_inspection "
                "FROM risk.codes c JOIN risk.scores s USING (enterprise_id) JOIN risk.features f "
                "USING (enterprise_id) ORDER BY enterprise_id"
            ).pl()
            days = [d for d in _days(HALF_YEAR, DAY) if is_working_day(d)[0]]
            visits = con.execute(
                "SELECT count(*) FROM core.current_inspections WHERE kind <> 'assistance' "
                "AND mode = 'on_site' AND inspected_on BETWEEN ? AND ?",
                [HALF_YEAR, DAY],
            ).fetchall()[0][0]
            return Demo(
                codes=codes,
                sensitivity=_sensitivity(con, policy),
                new_red=_new_red(con, policy, days),
                visits_a_day=visits / len(days),
                working_days=len(days),
                truth=pl.read_parquet(city.truth).select("enterprise_id", "latent_risk"),
                example=_example(con, policy),
            )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _with_cut_off(policy: PolicyOnDay, code: str, least: int) -> PolicyOnDay:
    limits = policy.codes.thresholds.model_copy(update={code: least})
    return replace(policy, codes=replace(policy.codes, thresholds=limits))


def _sensitivity(con: Connection, policy: PolicyOnDay) -> dict[tuple[str, int], dict[str, int]]:
    features, scores = con.sql("FROM risk.features").pl(), con.sql("FROM risk.scores").pl()
    return {
        (code, least): dict(
            assign_codes(features, scores, policy=_with_cut_off(policy, code, least))["code"]
            .value_counts()
            .iter_rows()
        )
        for code, several in TRIED.items()
        for least in several
    }


def _new_red(con: Connection, policy: PolicyOnDay, days: Sequence[date]) -> dict[int, list[int]]:
    """Enterprises that became RED on each working day after the first, by RED cut-off."""
    found: dict[int, list[int]] = {least: [] for least in TRIED["red"]}
    before: dict[int, set[str]] = {}
    for day in days:
        features = fold(con, as_of=day, known_at=day, policy=policy.features)
        scores = policy.scorecard.contributions(features)
        for least in TRIED["red"]:
            codes = assign_codes(features, scores, policy=_with_cut_off(policy, "red", least))
            red = set(codes.filter(pl.col("code") == "red")["enterprise_id"])
            if least in before:
                found[least].append(len(red - before[least]))
            before[least] = red
    return found


def demo_blocks(demo: Demo) -> dict[str, str]:
    """Blocks that rest on the demo city."""
    return {
        "example": demo.example,
        "shares": _shares(demo),
        "capacity": _capacity(demo),
        "sensitivity": _sensitivity_table(demo),
        "truth": _truth(demo),
    }


def _shares(demo: Demo) -> str:
    rows: list[tuple[str, ...]] = []
    for code in WORST_FIRST:
        mine = demo.codes.filter(pl.col("code") == code)
        reasons = mine["decided_by"].value_counts().sort(["count", "decided_by"], descending=[True, False])
        rows.append(
            (
                code.upper(),
                f"{mine.height:,}",
                f"{mine.height / demo.codes.height:.1%}",
                f"{mine['is_provisional'].sum():,}",
                ", ".join(f"`{name}` {count:,}" for name, count in reasons.iter_rows()),
            )
        )
    return (
        f"Demo city, {demo.codes.height:,} invented enterprises, coded as of {DAY}, pack hash "
        f"`{demo.codes['pack_hash'][0][:12]}`:\n\n"
        + table(("code", "enterprises>", "share>", "provisional>", "decided by"), rows)
    )


def _capacity(demo: Demo) -> str:
    limit = load_policy().on(DAY).codes.thresholds.red
    new = demo.new_red[limit]
    mean, stock, size = sum(new) / len(new), _count(demo, "red"), demo.codes.height
    bureau = EXAMPLE_BUREAU
    visits = bureau["officer_days"] / bureau["working_days"] / (OFFICERS_A_VISIT * DAYS_A_VISIT)
    ten_thousand = 10_000 / size
    rows = [
        ("on-site visits of all kinds, a working day", demo.visits_a_day, ""),
        (
            "RED visits a working day, once running (mean)",
            mean,
            f"{mean / demo.visits_a_day:.1%} of all visits",
        ),
        ("RED visits on the busiest day", float(max(new)), ""),
        (
            "RED visits a working day in the first five days",
            stock / 5,
            f"{stock / 5 / demo.visits_a_day:.0%} of all visits",
        ),
    ]
    shown = [(what, f"{n:.1f}", f"{n * ten_thousand:.1f}", note) for what, n, note in rows]
    return (
        f"{demo.working_days} working days from {HALF_YEAR} to {DAY}, every one coded:\n\n"
        + table(("", "demo city>", "for 10,000 enterprises>", ""), shown)
        + f"\n\nA bureau like the planning example ({bureau['officers']} officers, {bureau['officer_days']} "
        f"officer-days of supervision in {bureau['working_days']} working days) makes {visits:.1f} such visits "
        f"a working day. The RED visits of {visits / mean * size:,.0f} enterprises would take all of them."
    )


def _count(demo: Demo, code: str) -> int:
    return demo.codes.filter(pl.col("code") == code).height


def _sensitivity_table(demo: Demo) -> str:
    limits = load_policy().on(DAY).codes.thresholds.model_dump()
    total, rows = demo.codes.height, list[tuple[str, ...]]()
    for (code, least), counts in demo.sensitivity.items():
        new = demo.new_red[least if code == "red" else limits["red"]]
        is_pack = limits[code] == least
        mark = "**" if is_pack else ""
        rows.append(
            (
                f"{mark}{code.upper()} ≥ {least}{mark}{' (pack)' if is_pack else ''}",
                *(f"{counts.get(each, 0) / total:.1%}" for each in WORST_FIRST),
                f"{sum(new) / len(new):.2f}",
                f"{counts.get('red', 0) / 5:.1f}",
            )
        )
    head = ("cut-off", "RED>", "YELLOW>", "BLUE>", "GREEN>", "RED visits a day>", "in the first 5 days>")
    return table(head, rows)


def _truth(demo: Demo) -> str:
    both = demo.codes.join(demo.truth, on="enterprise_id", how="left")
    top = both["latent_risk"] >= both["latent_risk"].quantile(0.9)
    rows: list[tuple[str, ...]] = []
    for code in WORST_FIRST:
        mine = both.with_columns(top=top).filter(pl.col("code") == code)
        caught = mine["top"].sum()
        rows.append(
            (
                code.upper(),
                f"{mine['latent_risk'].mean():.3f}",
                f"{caught / mine.height:.0%}",
                f"{caught / top.sum():.0%}",
            )
        )
    flagged = both["code"].is_in(["red", "yellow"]).cast(pl.Int64)
    measures = [("RED or YELLOW (yes/no)", f"{auc(flagged, top):.3f}", f"{_spearman(flagged, both):.3f}")]
    for column, what in BASELINES.items():
        values = both[column if column in ("score", "violations_36m") else f"raw_{column}"]
        values = values.fill_null(values.max() + 1)
        measures.append((what, f"{auc(values, top):.3f}", f"{_spearman(values, both):.3f}"))
    return (
        table(("code", "mean latent risk>", "of them in the riskiest tenth>", "of that tenth>"), rows)
        + "\n\n"
        + table(("ordered by", "AUC, riskiest tenth>", "rank correlation>"), measures)
    )


def auc(values: pl.Series, positive: pl.Series) -> float:
    """Chance that a positive row has the larger value; ties count half."""
    ranks = values.rank("average")
    ones = int(positive.sum())
    return float((ranks.filter(positive).sum() - ones * (ones + 1) / 2) / (ones * (len(values) - ones)))


def _spearman(values: pl.Series, both: pl.DataFrame) -> float:
    return float(
        pl.DataFrame({"a": values, "b": both["latent_risk"]})
        .select(pl.corr("a", "b", method="spearman"))
        .item()
    )


# ------------------------------------------------------------------------------- the worked example

_EXAMPLE = """
SELECT c.enterprise_id FROM risk.codes c JOIN risk.features f USING (enterprise_id)
WHERE c.code = 'red' AND c.decided_by = 'score' AND NOT c.is_provisional AND f.high_hazard = 1
  AND EXISTS (FROM risk.explanations r WHERE r.enterprise_id = c.enterprise_id AND r.kind = 'floor')
  AND EXISTS (FROM risk.explanations r WHERE r.enterprise_id = c.enterprise_id AND r.points < 0)
  AND f.violation_points > 0
ORDER BY c.score, c.enterprise_id LIMIT 1
"""

_FINDINGS = """
SELECT coalesce(inspection_id, violation_id) AS visit, coalesce(item_code, violation_id) AS item, severity, quantity,
       occurred_on, $day - occurred_on AS age
FROM core.current_violations
WHERE enterprise_id = $id AND occurred_on <= $day AND $day - occurred_on <= 730
  AND (withdrawn_on IS NULL OR withdrawn_on > $day)
ORDER BY occurred_on DESC, visit, item
"""


def _example(con: Connection, policy: PolicyOnDay) -> str:
    [(who,)] = con.execute(_EXAMPLE).fetchall()
    arguments = {"id": who}
    [(name, division, sector, code, score)] = con.execute(
        "SELECT e.name, e.division, e.sector, c.code, c.score FROM risk.codes c "
        "JOIN core.current_enterprises e USING (enterprise_id) WHERE c.enterprise_id = $id",
        arguments,
    ).fetchall()
    place = JINAN_DIVISIONS[division][0]
    reasons = con.execute(
        "SELECT f.title_zh || ' · ' || f.title_en, r.kind, r.value, r.points, r.code FROM risk.explanations r "
        "JOIN risk.factors f USING (factor) WHERE r.enterprise_id = $id ORDER BY r.rank",
        arguments,
    ).fetchall()
    rows = [
        (
            title,
            datum,
            f"{points:+d}" if kind == "points" else "",
            f"{gives.upper()} ({kind})" if gives else "",
        )
        for title, kind, datum, points, gives in reasons
    ]
    total = sum(points for _, _, _, points, _ in reasons)
    assert total == score, "the reasons of the example do not add up"
    [(since, due)] = con.execute(
        "SELECT red_since, due_on FROM serve.red_queue WHERE enterprise_id = $id", arguments
    ).fetchall()
    return "\n\n".join(
        [
            f"**{name}** (`{who}`, {place}, {SECTOR.zh(sector)} {SECTOR.labels[sector]}; invented), as of {DAY}: "
            f"**{code.upper()}**, {score} points.",
            _example_findings(con, policy, who),
            "All reasons, as `./riskcode explain` prints them:",
            table(("reason", "datum>", "points>", "gives"), [*rows, ("**sum**", "", f"**{total:+d}**", "")]),
            f"In the queue: RED since {since}, special inspection due by {due} "
            f"({policy.queue.red_visit_working_days} working days).",
        ]
    )


def _example_findings(con: Connection, policy: PolicyOnDay, who: str) -> str:
    """The findings behind ``violation_points``, added up by hand."""
    features = policy.features
    gravest: dict[tuple[str, str], tuple[int, tuple[Any, ...]]] = {}
    for visit, item, severity, quantity, day, age in con.execute(
        _FINDINGS, {"id": who, "day": DAY}
    ).fetchall():
        weight = next((w for upto, w in features.violation_bands if age <= upto), 0)
        points = features.severity_points[severity] * weight * quantity
        row = (day, item, severity, age, features.severity_points[severity], f"×{weight}", points)
        if points > gravest.get((visit, item), (-1, ()))[0]:
            gravest[visit, item] = (points, row)
    total = sum(points for points, _ in gravest.values())
    stored = con.execute("SELECT violation_points FROM risk.features WHERE enterprise_id = ?", [who])
    assert total == stored.fetchall()[0][0], "the example's findings do not give its violation_points"
    head = ("found on", "item", "severity", "age (days)>", "severity points>", "time weight>", "points>")
    rows = [row for _, row in gravest.values()]
    return f"Its findings of 24 months give `violation_points` = {total}:\n\n{table(head, rows)}"


# ------------------------------------------------------------------------------- real data


def real_block(folder: Path) -> str | None:
    """What the pack gives on the real data sets, or ``None`` where they are not all there."""
    if not all((folder / name).is_dir() for name in REAL_SETS):
        return None
    rows = [_real_row(name, folder / name) for name in REAL_SETS]
    head = (
        "data set",
        "as of",
        "enterprises>",
        "RED>",
        "YELLOW>",
        "BLUE>",
        "GREEN>",
        "provisional>",
        "decided mostly by",
    )
    return table(head, rows)


def _real_row(name: str, delivery: Path) -> tuple[str, ...]:
    day = load_mapping(name).archive_ends
    assert day is not None, f"{name} is an archive and must say when it ends"
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        with writing(home) as con:
            take_in_all(con, home, folder=str(delivery), mapping=name, received_on=day, today=day)
            coding = Coding(day, day, load_policy().on(day))
            compute_features(con, coding)
            compute_scores(con, coding)
            compute_timelines(con, coding)
            counts = compute_codes(con, coding)
            codes = con.sql("FROM risk.codes").pl()
    reasons = codes["decided_by"].value_counts().sort(["count", "decided_by"], descending=[True, False])
    shares = (f"{counts[code] / codes.height:.1%}" for code in WORST_FIRST)
    return (
        f"`{name}`",
        str(day),
        f"{codes.height:,}",
        *shares,
        f"{codes['is_provisional'].mean():.1%}",
        ", ".join(f"`{reason}` {count / codes.height:.0%}" for reason, count in reasons.head(3).iter_rows()),
    )


def draw(demo: Demo) -> str:
    """The picture of the codes."""
    limits = load_policy().on(DAY).codes.thresholds.model_dump()
    rows = list(demo.codes.select("code", "score", "is_provisional").iter_rows())
    title = f"Codes of the demo city 演示城市赋码 ({len(rows):,} invented enterprises, {DAY})"
    return codes_svg(rows, limits, title=title)


def main() -> None:
    """Regenerate every block that can be, and the picture."""
    text = FILE.read_text(encoding="utf-8")
    demo = run_demo()
    blocks = {**pack_blocks(), **demo_blocks(demo)}
    if real := real_block(load_settings().real_data):
        blocks["real"] = real
    for name, content in blocks.items():
        text = with_block(text, name, content)
    FILE.write_text(text, encoding="utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(demo), encoding="utf-8")
    print(f"{FILE.name}: {', '.join(blocks)}; {PICTURE.name}")


if __name__ == "__main__":
    main()
