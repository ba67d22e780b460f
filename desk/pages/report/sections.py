"""The tables behind page one: codes, groups, stability, rounding, and how it was measured."""

from datetime import timedelta

import polars as pl

from desk.draw.canvas import Line
from desk.pages.report.tables import Cell, Record, Table, barred, largest, ranged, records, simple
from desk.say import numbers
from desk.say.numbers import is_known
from desk.say.report import Texts
from models.learning.evaluation import Evaluation

CODES = ("red", "yellow", "blue", "green")
INTERVAL = ("rate", "low", "high")


def calibration_table(calibration: pl.DataFrame, texts: Texts) -> Table:
    """Predicted against observed share of every bin."""
    made = [
        (
            numbers.share(row["mean_predicted"]),
            Cell(numbers.share(row["observed"]), numbers.interval(numbers.share, row["low"], row["high"])),
            numbers.percentage_points(row["observed"] - row["mean_predicted"]),
            numbers.count(row["labelled"]),
        )
        for row in records(calibration)
    ]
    head = ("predicted", "observed", "off_by", "labelled")
    titles = [texts("in_points", metric=texts(name)) if name == "off_by" else texts(name) for name in head]
    return simple(titles, made, empty=texts("empty_calibration"))


def leak_table(leak: pl.DataFrame, texts: Texts) -> Table:
    """Hits by code of the card on all rows with a known outcome."""
    rows, most = _by_code(leak), largest(leak["high"]) if leak.height else 0.0
    made = [
        (
            Cell(texts.code(row["code"]), code=row["code"]),
            numbers.count(row["labelled"]),
            numbers.count(row["positives"]),
            ranged(numbers.share, row, INTERVAL, most),
            barred(numbers.share(row["share_of_positives"]), row["share_of_positives"], 1.0),
        )
        for row in rows
    ]
    head = ("code", "labelled", "hits", "hit_rate", "share_of_hits")
    return simple([texts(name) for name in head], made, empty=texts("empty_leak"))


def drawn_table(drawn: pl.DataFrame, texts: Texts) -> Table:
    """Hits by code on random draws alone."""
    rows, most = _by_code(drawn), largest(drawn["high"]) if drawn.height else 0.0
    made = [
        (
            Cell(texts.code(row["code"]), code=row["code"]),
            numbers.count(row["visits"]),
            ranged(numbers.share, row, INTERVAL, most),
        )
        for row in rows
    ]
    return simple(
        [texts(name) for name in ("code", "drawn_visits", "hit_rate")], made, empty=texts("empty_drawn")
    )


def _by_code(frame: pl.DataFrame) -> list[Record]:
    """Rows from RED to GREEN; a code without rows is left out."""
    found = {row["code"]: row for row in records(frame)}
    return [found[code] for code in CODES if code in found]


def parity_tables(parity: pl.DataFrame, texts: Texts) -> list[tuple[str, Table]]:
    """A table for every kind of group, titled; one empty table without any."""
    kinds = parity["kind"].unique(maintain_order=True).to_list()
    tables = [(texts.group_kind(kind), _parity_table(parity.filter(kind=kind), texts)) for kind in kinds]
    return tables or [("", _parity_table(parity, texts))]


def _parity_table(parity: pl.DataFrame, texts: Texts) -> Table:
    made = [
        (
            texts.group(row["kind"], row["group"]),
            numbers.count(row["n"]),
            Cell(numbers.share(row["flagged_share"]), numbers.times(row["ratio"])),
            numbers.count(row["labelled"]),
            numbers.count(row["positives"]),
            Cell(numbers.share(row["precision"]), _ends(row, "precision")),
            ranged(numbers.share, row, ("miss_rate", "miss_low", "miss_high"), 1.0),
            numbers.share(row["false_positive_rate"]),
        )
        for row in records(parity)
    ]
    head = (
        "group",
        "firms",
        "flagged_share",
        "labelled",
        "hits",
        "flagged_right",
        "miss_rate",
        "false_alarms",
    )
    return simple([texts(name) for name in head], made, empty=texts("empty_parity"))


def _ends(row: Record, name: str) -> str:
    return (
        numbers.interval(numbers.share, row[f"{name}_low"], row[f"{name}_high"])
        if is_known(row[name])
        else ""
    )


def stability_table(stability: pl.DataFrame, texts: Texts) -> Table:
    """How far codes move when the card is fitted anew, for the same firms."""
    made = [
        (
            f"{texts.day(row['before'])} → {texts.day(row['after'])}",
            barred(numbers.share(row["unchanged"]), row["unchanged"], 1.0),
            numbers.share(row["two_bands"]),
            barred(numbers.share(row["jaccard"]), row["jaccard"], 1.0),
        )
        for row in records(stability)
    ]
    head = ("refit", "unchanged", "two_bands", "jaccard")
    return simple([texts(name) for name in head], made, empty=texts("empty_stability"))


def period_table(evaluation: Evaluation, texts: Texts) -> Table:
    """Which days were learnt from, which were tried, and how many days lay between."""
    gap = evaluation.label.spec.horizon_days + evaluation.label.spec.lag_days
    made = [
        (
            Cell(texts.day(row["test_as_of"]), texts("final") if row["is_final"] else ""),
            f"{texts.day(row['first_cohort'])} – {texts.day(row['last_cohort'])}",
            numbers.count(row["cohorts"]),
            numbers.count(row["train_rows"]),
            _gap(row, gap, texts),
            numbers.count(row["test_rows"]),
            numbers.count(row["labelled"]),
            Cell(numbers.count(row["positives"]), _rate(row)),
        )
        for row in records(evaluation.periods)
    ]
    head = ("test_day", "learnt_days", "cohorts", "train_rows", "gap", "test_rows", "labelled", "hits")
    return simple([texts(name) for name in head], made, empty=texts("empty_periods"), texts=2)


def _gap(row: Record, needed: int, texts: Texts) -> Cell:
    first, last = row["test_as_of"], row["last_cohort"]
    if first is None or last is None:
        return Cell(numbers.DASH)
    days = first - last
    held = days.days if isinstance(days, timedelta) else int(days)
    return Cell(numbers.count(held), texts("gap_needed", n=needed))


def _rate(row: Record) -> str:
    return numbers.share(row["positives"] / row["labelled"]) if row["labelled"] else ""


def rounding_table(tradeoff: pl.DataFrame, texts: Texts) -> Table:
    """Factors, bins, AUC and log-loss by weight of a point; the unrounded model first."""
    rows = sorted(records(tradeoff), key=lambda row: (row["logit_per_point"] or 0.0, row["max_bins"] or 0))
    made = [
        (
            texts("unrounded") if row["logit_per_point"] is None else f"{row['logit_per_point']:g}",
            numbers.count(row["max_bins"]),
            numbers.count(row["factors"]),
            numbers.count(row["bins"]),
            numbers.three(row["auc"]),
            numbers.four(row["log_loss"]),
        )
        for row in rows
    ]
    head = ("logit_per_point", "max_bins", "factors", "bins", "metric_auc", "metric_log_loss")
    return simple([texts(name) for name in head], made, empty=texts("empty_tradeoff"))


def rounding_lines(tradeoff: pl.DataFrame, measure: str, texts: Texts) -> tuple[list[Line], float | None]:
    """The measure against the number of bins by weight of a point, and the unrounded model's value."""
    rows = [row for row in records(tradeoff) if is_known(row[measure])]
    unrounded = next((row[measure] for row in rows if row["logit_per_point"] is None), None)
    lines: list[Line] = []
    for weight in sorted({row["logit_per_point"] for row in rows if row["logit_per_point"] is not None}):
        own = sorted((row["bins"], row[measure]) for row in rows if row["logit_per_point"] == weight)
        name = texts("a_point", weight=f"{weight:g}")
        lines.append(Line(name, "card", [bins for bins, _ in own], [value for _, value in own]))
    return lines, unrounded


def feedback_finding(feedback: pl.DataFrame, texts: Texts) -> str:
    """Whether being visited often goes with a higher score among like firms."""
    row: Record = next(iter(records(feedback)), {})
    if not is_known(row.get("slope")):
        return texts("empty_feedback")
    key = "feedback_alarm" if row.get("is_alarming") else "feedback_calm"
    return texts(key, slope=f"{100 * row['slope']:+.2f}".replace("-", "−"), low=_hundredths(row.get("low")))


def _hundredths(value: float | None) -> str:
    return f"{100 * value:+.2f}".replace("-", "−") if value is not None and is_known(value) else numbers.DASH


def suspicious_finding(evaluation: Evaluation, texts: Texts) -> str:
    """Features that alone tell the label almost perfectly."""
    if not evaluation.suspicious:
        return texts("nothing_suspicious")
    return texts("suspicious", features=texts("comma").join(evaluation.suspicious))
