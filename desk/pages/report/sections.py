"""The tables behind page one: codes, groups, stability, rounding, and how it was measured."""

from datetime import timedelta

import polars as pl

from desk.draw.canvas import Line
from desk.pages.report.tables import Cell, Record, Table, barred, largest, ranged, records, tabulated
from desk.say import numbers
from desk.say.groups import KINDS, group
from desk.say.numbers import is_known
from desk.words.words import Words
from models import vocabulary as vocab
from models.learning.evaluation import Evaluation
from models.messages import N_

CODES = ("red", "yellow", "blue", "green")
INTERVAL = ("rate", "low", "high")


def calibration_table(calibration: pl.DataFrame, words: Words) -> Table:
    """Predicted against observed share of every bin."""
    off_by = words("{metric} (percentage points)", metric=words("off by"))
    columns = {
        words("predicted probability"): lambda row: numbers.share(row["mean_predicted"]),
        words("observed share of hits"): lambda row: Cell(numbers.share(row["observed"]), _interval(row)),
        off_by: lambda row: numbers.percentage_points(row["observed"] - row["mean_predicted"]),
        words("outcome known"): lambda row: numbers.count(row["labelled"]),
    }
    none = words("No probabilities to compare: no outcome is known on the test days.")
    return tabulated(records(calibration), columns, empty=none)


def leak_table(leak: pl.DataFrame, words: Words) -> Table:
    """Hits by code of the card on all rows with a known outcome."""
    most = largest(leak["high"]) if leak.height else 0.0
    columns = {
        words("code"): lambda row: _code(row, words),
        words("outcome known"): lambda row: numbers.count(row["labelled"]),
        words("hits"): lambda row: numbers.count(row["positives"]),
        words("hit rate (95% interval)"): lambda row: ranged(numbers.share, row, INTERVAL, most),
        words("share of all hits"): lambda row: _whole(row["share_of_positives"]),
    }
    none = words("No GREEN firm has a known outcome yet, so what GREEN lets through is unknown.")
    return tabulated(_by_code(leak), columns, empty=none)


def drawn_table(drawn: pl.DataFrame, words: Words) -> Table:
    """Hits by code on random draws alone."""
    most = largest(drawn["high"]) if drawn.height else 0.0
    columns = {
        words("code"): lambda row: _code(row, words),
        words("random visits"): lambda row: numbers.count(row["visits"]),
        words("hit rate (95% interval)"): lambda row: ranged(numbers.share, row, INTERVAL, most),
    }
    none = words(
        "The data hold no random draws, so there are no rates free of selection; the table of all "
        "known outcomes leans towards the firms that were picked for a visit."
    )
    return tabulated(_by_code(drawn), columns, empty=none)


def _interval(row: Record) -> str:
    return numbers.interval(numbers.share, row["low"], row["high"])


def _code(row: Record, words: Words) -> Cell:
    return Cell(words.label(vocab.CODE, row["code"]), code=row["code"])


def _whole(share: float | None) -> Cell:
    """A part of a whole, drawn to it."""
    return barred(numbers.share(share), share, 1.0)


def _by_code(frame: pl.DataFrame) -> list[Record]:
    """Rows from RED to GREEN; a code without rows is left out."""
    found = {row["code"]: row for row in records(frame)}
    return [found[code] for code in CODES if code in found]


def parity_tables(parity: pl.DataFrame, words: Words) -> list[tuple[str, Table]]:
    """A table for every kind of group, titled; one empty table without any."""
    kinds = parity["kind"].unique(maintain_order=True).to_list()
    tables = [(words(KINDS[kind]), _parity_table(parity.filter(kind=kind), words)) for kind in kinds]
    return tables or [("", _parity_table(parity, words))]


def _parity_table(parity: pl.DataFrame, words: Words) -> Table:
    missed = ("miss_rate", "miss_low", "miss_high")
    columns = {
        words("group"): lambda row: group(row["kind"], row["group"], words),
        words("firms"): lambda row: numbers.count(row["n"]),
        words("flagged"): lambda row: Cell(numbers.share(row["flagged_share"]), numbers.times(row["ratio"])),
        words("outcome known"): lambda row: numbers.count(row["labelled"]),
        words("hits"): lambda row: numbers.count(row["positives"]),
        words("flagged and hit"): lambda row: Cell(numbers.share(row["precision"]), _ends(row, "precision")),
        words("hits missed"): lambda row: ranged(numbers.share, row, missed, 1.0),
        words("false alarms"): lambda row: numbers.share(row["false_positive_rate"]),
    }
    none = words("No groups to compare: district, sector and size are unknown, or no outcome is known.")
    return tabulated(records(parity), columns, empty=none)


def _ends(row: Record, name: str) -> str:
    return (
        numbers.interval(numbers.share, row[f"{name}_low"], row[f"{name}_high"])
        if is_known(row[name])
        else ""
    )


def stability_table(stability: pl.DataFrame, words: Words) -> Table:
    """How far codes move when the card is fitted anew, for the same firms."""
    columns = {
        words("from → to"): lambda row: f"{words.day(row['before'])} → {words.day(row['after'])}",
        words("same code"): lambda row: _whole(row["unchanged"]),
        words("two bands or more"): lambda row: numbers.share(row["two_bands"]),
        words("same head of the list"): lambda row: _whole(row["jaccard"]),
    }
    none = words("There is only one test day, so nothing to compare.")
    return tabulated(records(stability), columns, empty=none)


def period_table(periods: pl.DataFrame, gap: int, words: Words) -> Table:
    """Which days were learnt from, which were tried, and how many days lay between, of at least ``gap``."""
    final = words("final")
    columns = {
        words("test day"): lambda row: Cell(words.day(row["test_as_of"]), final if row["is_final"] else ""),
        words("learnt from"): lambda row: (
            f"{words.day(row['first_cohort'])} – {words.day(row['last_cohort'])}"
        ),
        words("days learnt"): lambda row: numbers.count(row["cohorts"]),
        words("rows learnt"): lambda row: numbers.count(row["train_rows"]),
        words("days between"): lambda row: _gap(row, gap, words),
        words("rows tried"): lambda row: numbers.count(row["test_rows"]),
        words("outcome known"): lambda row: numbers.count(row["labelled"]),
        words("hits"): lambda row: Cell(numbers.count(row["positives"]), _rate(row)),
    }
    none = words("No test days: there are too few complete outcomes.")
    return tabulated(records(periods), columns, empty=none, texts=2)


def _gap(row: Record, needed: int, words: Words) -> Cell:
    first, last = row["test_as_of"], row["last_cohort"]
    if first is None or last is None:
        return Cell(numbers.DASH)
    days = first - last
    held = days.days if isinstance(days, timedelta) else int(days)
    return Cell(numbers.count(held), words("needs ≥ {n}", n=needed))


def _rate(row: Record) -> str:
    return numbers.share(row["positives"] / row["labelled"]) if row["labelled"] else ""


def rounding_table(tradeoff: pl.DataFrame, words: Words) -> Table:
    """Factors, bins, AUC and log-loss by weight of a point; the unrounded model first."""
    rows = sorted(records(tradeoff), key=lambda row: (row["logit_per_point"] or 0.0, row["max_bins"] or 0))
    whole = words("not rounded")
    columns = {
        words("log-odds a point"): lambda row: (
            whole if row["logit_per_point"] is None else f"{row['logit_per_point']:g}"
        ),
        words("bins allowed"): lambda row: numbers.count(row["max_bins"]),
        words("factors"): lambda row: numbers.count(row["factors"]),
        words("bins"): lambda row: numbers.count(row["bins"]),
        words("AUC"): lambda row: numbers.three(row["auc"]),
        words("log-loss"): lambda row: numbers.four(row["log_loss"]),
    }
    return tabulated(rows, columns, empty=words("No other ways of rounding were tried."))


def rounding_lines(tradeoff: pl.DataFrame, measure: str, words: Words) -> tuple[list[Line], float | None]:
    """The measure against the number of bins by weight of a point, and the unrounded model's value."""
    rows = [row for row in records(tradeoff) if is_known(row[measure])]
    unrounded = next((row[measure] for row in rows if row["logit_per_point"] is None), None)
    lines: list[Line] = []
    for weight in sorted({row["logit_per_point"] for row in rows if row["logit_per_point"] is not None}):
        own = sorted((row["bins"], row[measure]) for row in rows if row["logit_per_point"] == weight)
        name = words("{weight} a point", weight=f"{weight:g}")
        lines.append(Line(name, "card", [bins for bins, _ in own], [value for _, value in own]))
    return lines, unrounded


FEEDBACK_ALARM = N_(
    "Alarm: among firms of the same sector and size, each past visit goes with a rank {slope} "
    "percentage points higher (lower end {low}). They may look worse because they are visited "
    "more, or be visited more because they are worse. Find out which before the card is used."
)
FEEDBACK_CALM = N_(
    "No alarm: among firms of the same sector and size, each past visit goes with a rank "
    "changed by {slope} percentage points (lower end {low})."
)


def feedback_finding(feedback: pl.DataFrame, words: Words) -> str:
    """Whether being visited often goes with a higher score among like firms."""
    row: Record = next(iter(records(feedback)), {})
    if not is_known(row.get("slope")):
        return words(
            "Cannot be told: like firms do not differ in how often they were visited, or visits are not on "
            "record."
        )
    said = FEEDBACK_ALARM if row.get("is_alarming") else FEEDBACK_CALM
    return words(said, slope=_hundredths(row["slope"]), low=_hundredths(row.get("low")))


def _hundredths(value: float | None) -> str:
    return f"{100 * value:+.2f}".replace("-", "−") if value is not None and is_known(value) else numbers.DASH


def suspicious_finding(evaluation: Evaluation, words: Words) -> str:
    """Features that alone tell the label almost perfectly."""
    if not evaluation.suspicious:
        return words("No feature alone tells the outcome almost perfectly.")
    return words(
        "These features alone tell the outcome almost perfectly; most likely they know what was learnt "
        "later: {features}. Do not use the card before this is cleared up.",
        features=words.listing(evaluation.suspicious),
    )
