"""Fills the generated blocks of ``docs/scoring.md``: ``python -m docs.scoring_tables``.

The demo city is coded in a temporary folder, and so are the real data sets where the folder of
``RISKCODE_REAL_DATA`` exists; without it their block stays as it is.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from desk.say.markdown import table
from docs.markers import fill, relation
from docs.scoring_pack import DAY, pack_blocks
from models.calendar import working_days
from models.coding.verdicts import assign_codes
from models.learning import metrics
from models.places import place_of
from models.policy import PolicyOnDay, load_policy
from models.vocabulary import JINAN_DIVISIONS, SECTOR
from pipelines.demo import write_demo_city
from pipelines.settings import load_settings
from warehouse.coding.coding import Coding
from warehouse.coding.levels import features_on
from warehouse.coding.order import code_only
from warehouse.coding.stages import compute_codes, compute_features, compute_scores
from warehouse.coding.timelines import compute_timelines
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping

FILE = Path(__file__).with_name("scoring.md")
HALF_YEAR = date(2026, 1, 1)
DEMO_SIZE = 5000
POLICY = load_policy().on(DAY)
LIMITS = POLICY.codes.thresholds.model_dump()
TRIED = {"red": (38, 40, 42, 44, 48), "yellow": (22, 25, 28), "blue": (13, 15, 17)}
"""Cut-offs of the sensitivity table, one changed at a time."""

OFFICERS_A_VISIT, DAYS_A_VISIT = 2, 1
EXAMPLE_BUREAU = {"officers": 22, "working_days": 247, "officer_days": 971}
"""Worked example of the annual-plan method (年度计划编制办法), as printed in a secondary source."""

REAL_SETS = ("tw_osh", "msha_quarterly", "nrc_reactors", "nyc_restaurants")

MACROS = """
CREATE OR REPLACE TEMP MACRO thousands(number) AS format('{:,}', number::BIGINT);
CREATE OR REPLACE TEMP MACRO share(part, whole) AS format('{:.1f}%', 100.0 * part / whole);
CREATE OR REPLACE TEMP MACRO per_cent(part, whole) AS format('{:.0f}%', 100.0 * part / whole);
CREATE OR REPLACE TEMP MACRO worst_first(code) AS list_position(['red', 'yellow', 'blue', 'green'], code);
"""
SHARES = """
SELECT upper(code) AS code, thousands(sum(n)) AS "enterprises>", share(sum(n), sum(sum(n)) OVER ()) AS "share>",
       thousands(sum(unsure)) AS "provisional>",
       string_agg(format('`{}` {}', decided_by, thousands(n)), ', ' ORDER BY n DESC, decided_by) AS "decided by"
FROM (SELECT code, decided_by, count(*) AS n, count(*) FILTER (is_provisional) AS unsure
      FROM risk.codes GROUP BY ALL) AS reasons
GROUP BY reasons.code ORDER BY worst_first(reasons.code)
"""
SENSITIVITY = """
WITH mean_new AS (SELECT least, avg(firms) AS firms FROM new_red GROUP BY least),
     named AS (SELECT t.*, l.least = t.least AS is_pack, CASE t.code WHEN 'red' THEN t.least ELSE
                   (SELECT least FROM limits WHERE code = 'red') END AS red_from
               FROM tried t JOIN limits l USING (code))
SELECT CASE WHEN is_pack THEN format('**{} ≥ {}** (pack)', upper(code), n.least)
            ELSE format('{} ≥ {}', upper(code), n.least) END AS "cut-off",
       share(red, size) AS "RED>", share(yellow, size) AS "YELLOW>", share(blue, size) AS "BLUE>",
       share(green, size) AS "GREEN>", format('{:.2f}', m.firms) AS "RED visits a day>",
       format('{:.1f}', red / 5) AS "in the first 5 days>"
FROM named n JOIN mean_new m ON m.least = red_from ORDER BY worst_first(code), n.least
"""
RISK = """
SELECT upper(c.code) AS code, format('{:.3f}', avg(latent_risk)) AS "mean latent risk>",
       per_cent(count(*) FILTER (is_top), count(*)) AS "of them in the riskiest tenth>",
       per_cent(count(*) FILTER (is_top), sum(count(*) FILTER (is_top)) OVER ()) AS "of that tenth>"
FROM risk.codes c JOIN truth USING (enterprise_id) GROUP BY c.code ORDER BY worst_first(c.code)
"""
ORDERS = """
SELECT latent_risk, is_top, (code IN ('red', 'yellow'))::INTEGER AS "RED or YELLOW (yes/no)",
       score AS "score of the pack", violations_36m AS "number of findings, 36 months",
       violation_points AS "`violation_points` alone",
       days_since_inspection AS "longest since the last visit first"
FROM risk.codes JOIN risk.features USING (enterprise_id) JOIN truth USING (enterprise_id)
"""
VISITS = """
SELECT count(*) FROM core.current_inspections
WHERE kind <> 'assistance' AND mode = 'on_site' AND inspected_on BETWEEN $first AND $last
"""
EXAMPLE = """
SELECT c.enterprise_id, e.name, e.division, e.sector, c.code, c.score, q.red_since, q.due_on, f.violation_points
FROM risk.codes c JOIN risk.features f USING (enterprise_id) JOIN core.current_enterprises e USING (enterprise_id)
     JOIN serve.red_queue q USING (enterprise_id)
WHERE c.code = 'red' AND c.decided_by = 'score' AND NOT c.is_provisional AND f.high_hazard = 1
  AND EXISTS (FROM risk.explanations r WHERE r.enterprise_id = c.enterprise_id AND r.kind = 'floor')
  AND EXISTS (FROM risk.explanations r WHERE r.enterprise_id = c.enterprise_id AND r.points < 0)
  AND f.violation_points > 0
ORDER BY c.score, c.enterprise_id LIMIT 1
"""
FINDINGS = """
WITH weighed AS (
    SELECT coalesce(inspection_id, violation_id) AS visit, coalesce(item_code, violation_id) AS item, severity,
           occurred_on, $day - occurred_on AS age, quantity, s.points AS severity_points,
           (SELECT min_by(weight, upto) FROM bands WHERE $day - v.occurred_on <= upto) AS weight
    FROM core.current_violations v JOIN severities s USING (severity)
    WHERE enterprise_id = $id AND $day - occurred_on BETWEEN 0 AND (SELECT max(upto) FROM bands)
      AND (withdrawn_on IS NULL OR withdrawn_on > $day))
SELECT occurred_on AS "found on", item, severity, age AS "age (days)>", severity_points AS "severity points>",
       '×' || weight AS "time weight>", severity_points * weight * quantity AS "points>"
FROM weighed
QUALIFY row_number() OVER (PARTITION BY visit, item ORDER BY "points>" DESC, occurred_on DESC) = 1
ORDER BY occurred_on DESC, visit, item
"""
REASONS = """
SELECT f.title_zh || ' · ' || f.title_en AS reason, r.value AS "datum>",
       CASE WHEN r.kind = 'points' THEN format('{:+d}', r.points) ELSE '' END AS "points>",
       coalesce(format('{} ({})', upper(r.code), r.kind), '') AS gives
FROM risk.explanations r JOIN risk.factors f USING (factor) WHERE r.enterprise_id = $id ORDER BY r.rank
"""
REAL = """
WITH reasons AS (SELECT decided_by, count(*) AS n, sum(count(*)) OVER () AS size FROM risk.codes GROUP BY ALL
                 ORDER BY n DESC, decided_by LIMIT 3)
SELECT '`' || $name || '`' AS "data set", any_value(as_of) AS "as of", thousands(count(*)) AS "enterprises>",
       share(count(*) FILTER (code = 'red'), count(*)) AS "RED>",
       share(count(*) FILTER (code = 'yellow'), count(*)) AS "YELLOW>",
       share(count(*) FILTER (code = 'blue'), count(*)) AS "BLUE>",
       share(count(*) FILTER (code = 'green'), count(*)) AS "GREEN>",
       share(count(*) FILTER (is_provisional), count(*)) AS "provisional>",
       (SELECT string_agg(format('`{}` {}', decided_by, per_cent(n, size)), ', ' ORDER BY n DESC, decided_by)
        FROM reasons) AS "decided mostly by"
FROM risk.codes
"""


# ------------------------------------------------------------------------------- from the demo city


@contextmanager
def coded_demo() -> Iterator[Connection]:
    """The demo city, coded, with its hidden risk as ``truth``."""
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder), Home(Path(folder) / "home")
        city = write_demo_city(root / "delivery", enterprises=DEMO_SIZE)
        with writing(home) as con:
            take_in_all(
                con, home, folder=str(root / "delivery"), mapping="demo_city", received_on=DAY, today=DAY
            )
            code_only(con, Coding(DAY, DAY, POLICY))
            show_truth(con, pl.read_parquet(city.truth))
            con.execute(MACROS)
            yield con


def show_truth(con: Connection, truth: pl.DataFrame) -> None:
    """Register ``truth``: the hidden risk of everybody who is coded, and whether it is of the riskiest tenth."""
    coded, risk = con.sql("SELECT enterprise_id FROM risk.codes").pl(), pl.col("latent_risk")
    known = truth.join(coded, on="enterprise_id", how="semi")
    con.register("truth", known.with_columns(is_top=risk >= risk.quantile(0.9)))


def try_cut_offs(con: Connection, days: Sequence[date]) -> None:
    """Register ``limits`` (of the pack), ``tried`` (codes by changed cut-off) and ``new_red``.

    ``new_red``: enterprises that became RED on each of the days after the first, by RED cut-off.
    """
    features, scores = con.sql("FROM risk.features").pl(), con.sql("FROM risk.scores").pl()
    tried = [
        {"code": code, "least": least, "size": features.height, **_counts(features, scores, code, least)}
        for code, several in TRIED.items()
        for least in several
    ]
    fresh: list[tuple[int, date, int]] = []
    before: dict[int, set[str]] = {}
    for day in days:
        features = pl.concat(features_on(con, day, day, POLICY.features))
        scores = POLICY.scorecard.contributions(features)
        for least in TRIED["red"]:
            codes = assign_codes(features, scores, policy=_with_cut_off("red", least))
            red = set(codes.filter(pl.col("code") == "red")["enterprise_id"])
            if least in before:
                fresh.append((least, day, len(red - before[least])))
            before[least] = red
    con.register("limits", pl.DataFrame(list(LIMITS.items()), schema=["code", "least"], orient="row"))
    con.register("tried", pl.DataFrame(tried).fill_null(0))
    con.register("new_red", pl.DataFrame(fresh, schema=["least", "day", "firms"], orient="row"))


def _counts(features: pl.DataFrame, scores: pl.DataFrame, code: str, least: int) -> dict[str, int]:
    codes = assign_codes(features, scores, policy=_with_cut_off(code, least))
    return dict(codes["code"].value_counts().iter_rows())


def _with_cut_off(code: str, least: int) -> PolicyOnDay:
    limits = POLICY.codes.thresholds.model_copy(update={code: least})
    return replace(POLICY, codes=replace(POLICY.codes, thresholds=limits))


def demo_blocks(con: Connection) -> dict[str, str]:
    """Blocks that rest on the codes of the demo city."""
    return {
        "example": _example(con),
        "shares": _shares(con),
        "truth": f"{relation(con.sql(RISK))}\n\n{_orders(con)}",
    }


def half_year_blocks(con: Connection) -> dict[str, str]:
    """Blocks that rest on every working day of half a year, coded by several cut-offs."""
    try_cut_offs(con, working_days(HALF_YEAR, DAY))
    return {"capacity": _capacity(con), "sensitivity": relation(con.sql(SENSITIVITY))}


def _shares(con: Connection) -> str:
    [(size, pack)] = con.sql("SELECT count(*), any_value(pack_hash) FROM risk.codes").fetchall()
    return (
        f"Demo city, {size:,} invented enterprises, coded as of {DAY}, pack hash `{pack[:12]}`:\n\n"
        + relation(con.sql(SHARES))
    )


def _capacity(con: Connection) -> str:
    [(stock, size)] = con.sql("SELECT count(*) FILTER (code = 'red'), count(*) FROM risk.codes").fetchall()
    [(visits,)] = con.execute(VISITS, {"first": HALF_YEAR, "last": DAY}).fetchall()
    new = "SELECT avg(firms), max(firms) FROM new_red WHERE least = $least"
    [(mean, most)] = con.execute(new, {"least": LIMITS["red"]}).fetchall()
    days, bureau = len(working_days(HALF_YEAR, DAY)), EXAMPLE_BUREAU
    a_day = visits / days
    possible = bureau["officer_days"] / bureau["working_days"] / (OFFICERS_A_VISIT * DAYS_A_VISIT)
    rows = (
        ("on-site visits of all kinds, a working day", a_day, ""),
        ("RED visits a working day, once running (mean)", mean, f"{mean / a_day:.1%} of all visits"),
        ("RED visits on the busiest day", most, ""),
        (
            "RED visits a working day in the first five days",
            stock / 5,
            f"{stock / 5 / a_day:.0%} of all visits",
        ),
    )
    shown = [(what, f"{n:.1f}", f"{n * (10_000 / size):.1f}", note) for what, n, note in rows]
    return (
        f"{days} working days from {HALF_YEAR} to {DAY}, every one coded:\n\n"
        + table(("", "demo city>", "for 10,000 enterprises>", ""), shown)
        + f"\n\nA bureau like the planning example ({bureau['officers']} officers, {bureau['officer_days']} "
        f"officer-days of supervision in {bureau['working_days']} working days) makes {possible:.1f} such visits "
        f"a working day. The RED visits of {possible / mean * size:,.0f} enterprises would take all of them."
    )


def _orders(con: Connection) -> str:
    # Who was never visited waits longest.
    never = pl.exclude("is_top")
    known = con.sql(ORDERS).pl().with_columns(never.fill_null(never.max() + 1))
    risk, top = known["latent_risk"].to_numpy(), known["is_top"].cast(pl.Float64).to_numpy()
    rows = [
        (name, f"{metrics.auc(values, top):.3f}", f"{metrics.spearman(values, risk):.3f}")
        for name in known.columns[2:]
        for values in [known[name].cast(pl.Float64).to_numpy()]
    ]
    return table(("ordered by", "AUC, riskiest tenth>", "rank correlation>"), rows)


def _example(con: Connection) -> str:
    [row] = con.sql(EXAMPLE).pl().iter_rows(named=True)
    who, code, score = row["enterprise_id"], row["code"].upper(), row["score"]
    place, sector = JINAN_DIVISIONS[place_of("district", row["division"])][0], row["sector"]
    reasons = con.sql(REASONS, params={"id": who}).pl()
    total = ("**sum**", "", f"**{score:+d}**", "")
    return "\n\n".join(
        [
            f"**{row['name']}** (`{who}`, {place}, {SECTOR.zh(sector)} {SECTOR.labels[sector]}; invented), "
            f"as of {DAY}: **{code}**, {score} points.",
            f"Its findings of 24 months give `violation_points` = {row['violation_points']}:",
            _example_findings(con, who, row["violation_points"]),
            "All reasons, as `./riskcode explain` prints them:",
            table(reasons.columns, [*reasons.iter_rows(), total]),
            f"In the queue: RED since {row['red_since']}, special inspection due by {row['due_on']} "
            f"({POLICY.queue.red_visit_working_days} working days).",
        ]
    )


def _example_findings(con: Connection, who: str, stored: int) -> str:
    """The findings behind ``violation_points``, added up by hand."""
    severities: Any = list(POLICY.features.severity_points.items())
    bands: Any = list(POLICY.features.violation_bands)
    con.register("severities", pl.DataFrame(severities, schema=["severity", "points"], orient="row"))
    con.register("bands", pl.DataFrame(bands, schema=["upto", "weight"], orient="row"))
    found = con.sql(FINDINGS, params={"id": who, "day": DAY}).pl()
    assert found["points>"].sum() == stored, "the example's findings do not give its violation_points"
    return table(found.columns, found.iter_rows())


# ------------------------------------------------------------------------------- real data


def real_block(folder: Path) -> str | None:
    """What the pack gives on the real data sets, or ``None`` where they are not all there."""
    if not all((folder / name).is_dir() for name in REAL_SETS):
        return None
    return real_table(_coded_row(name, folder / name) for name in REAL_SETS)


def real_table(rows: Iterable[pl.DataFrame]) -> str:
    """The block, of one row for each real data set."""
    whole = pl.concat(rows)
    return table(whole.columns, whole.iter_rows())


def real_row(con: Connection, name: str) -> pl.DataFrame:
    """What is told of one real data set, from the codes in its warehouse."""
    con.execute(MACROS)
    return con.sql(REAL, params={"name": name}).pl()


def _coded_row(name: str, delivery: Path) -> pl.DataFrame:
    day = load_mapping(name).archive_ends
    assert day is not None, f"{name} is an archive and must say when it ends"
    with tempfile.TemporaryDirectory() as folder:
        home, coding = Home(Path(folder)), Coding(day, day, load_policy().on(day))
        with writing(home) as con:
            take_in_all(con, home, folder=str(delivery), mapping=name, received_on=day, today=day)
            for stage in (compute_features, compute_scores, compute_timelines, compute_codes):
                stage(con, coding)
            return real_row(con, name)


def main() -> None:
    """Regenerate every block that can be."""
    with coded_demo() as con:
        blocks = {**pack_blocks(), **demo_blocks(con), **half_year_blocks(con)}
    if real := real_block(load_settings().real_data):
        blocks["real"] = real
    fill(FILE, blocks)
    print(f"{FILE.name}: {', '.join(blocks)}")


if __name__ == "__main__":
    main()
