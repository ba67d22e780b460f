"""The card on one page: every factor with its points, the cut-offs, and what the points mean in probability."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from desk.pages.report.tables import Cell, Table, largest, simple
from desk.say import numbers
from desk.say.report import Texts
from models.coding.card import FittedCard
from models.scorecard import Factor

Zone = tuple[str, str, float, float]
"""A code's key and name, its first point and the first point beyond it."""


@dataclass(frozen=True)
class Line:
    """A bin or a group of categories, its points, and how long its bar is (0 to 100)."""

    label: str
    points: str
    bar: float
    is_unknown: bool = False


@dataclass(frozen=True)
class FactorBlock:
    """A factor as the page shows it."""

    title: str
    feature: str
    direction: str
    lines: tuple[Line, ...]


def factor_blocks(card: FittedCard, texts: Texts) -> list[FactorBlock]:
    """Every factor of the card, the one that can weigh most first."""
    factors = sorted(card.scorecard.factors, key=_span, reverse=True)
    most = largest(abs(value) for factor in factors for value in _values(factor))
    return [_block(factor, card, most, texts) for factor in factors]


def _values(factor: Factor) -> list[int]:
    return [*factor.points.values(), factor.missing]


def _span(factor: Factor) -> int:
    return max(_values(factor)) - min(_values(factor))


def _block(factor: Factor, card: FittedCard, most: float, texts: Texts) -> FactorBlock:
    pairs = _bins(factor) if factor.is_numeric else _categories(factor, texts)
    lines = [Line(label, numbers.points(value), _length(value, most)) for label, value in pairs]
    missing, length = numbers.points(factor.missing), _length(factor.missing, most)
    unknown = Line(texts("not_on_record"), missing, length, is_unknown=True)
    direction = card.directions.get(factor.feature, "free")
    title = factor.title_zh if texts.language == "zh" else factor.title_en
    shown = texts(f"direction_{direction}") if direction in ("up", "down") else ""
    return FactorBlock(title, factor.feature, shown, (*lines, unknown))


def _length(value: int, most: float) -> float:
    return round(100 * abs(value) / most, 2) if most else 0.0


def _bins(factor: Factor) -> list[tuple[str, int]]:
    """Ranges of integers with their points; the first reaches down to any value, the last up to any."""
    return [(_range(one.least, one.most, is_first=at == 0), one.points) for at, one in enumerate(factor.bins)]


def _range(least: int, most: int | None, *, is_first: bool) -> str:
    if most is None:
        return f"≥ {least:,}" if not is_first else "0 …"
    if is_first and least != 0:
        return f"≤ {most:,}"
    return f"{least:,}" if least == most else f"{least:,} – {most:,}"


def _categories(factor: Factor, texts: Texts) -> list[tuple[str, int]]:
    """Categories with equal points on one line, most points first."""
    groups: dict[int, list[str]] = {}
    for key, value in factor.points.items():
        groups.setdefault(value, []).append(texts.category(factor.feature, str(key)))
    return [(texts("comma").join(groups[value]), value) for value in sorted(groups, reverse=True)]


def zones(card: FittedCard, texts: Texts) -> list[Zone]:
    """Ranges of points of the four codes, from the least points the card gives to somewhat above RED's."""
    cut, steps = card.thresholds, [step.least_points for step in card.calibration.steps]
    least = float(min(0, cut.blue - 1, *steps))
    end = max(cut.red, *steps) * 1.0
    edges = [least, cut.blue, cut.yellow, cut.red, end + max(2.0, round(0.12 * (end - least)))]
    keys = ("green", "blue", "yellow", "red")
    return [(key, texts.code(key), float(edges[at]), float(edges[at + 1])) for at, key in enumerate(keys)]


def cut_off_table(card: FittedCard, texts: Texts) -> Table:
    """Points of each code and the probability of the label at its least points."""
    cut, calibration = card.thresholds, card.calibration
    ranges = (
        ("red", cut.red, f"≥ {cut.red}"),
        ("yellow", cut.yellow, _range(cut.yellow, cut.red - 1, is_first=False)),
        ("blue", cut.blue, _range(cut.blue, cut.yellow - 1, is_first=False)),
        ("green", None, f"≤ {cut.blue - 1}"),
    )
    rows: list[Sequence[Cell | str]] = []
    for key, least, text in ranges:
        at = calibration.at(least) if least is not None else calibration.steps[0]
        probability = Cell(numbers.share(at.probability), numbers.interval(numbers.share, at.low, at.high))
        rows.append((Cell(texts.code(key), code=key), text, probability))
    return simple((texts("code"), texts("points"), texts("at_least_points")), rows, empty="")


def probability_table(card: FittedCard, texts: Texts) -> Table:
    """Every step of the calibration with its interval, in numbers and words."""
    steps = [asdict(step) for step in card.calibration.steps]
    rows = [_step_row(card, steps, at, texts) for at in reversed(range(len(steps)))]
    head = ("points", "in_words", "probability", "labelled", "hits")
    return simple([texts(name) for name in head], rows, empty=texts("empty_calibration"), texts=2)


def _step_row(
    card: FittedCard, steps: Sequence[dict[str, Any]], at: int, texts: Texts
) -> Sequence[Cell | str]:
    step = steps[at]
    following = steps[at + 1]["least_points"] - 1 if at + 1 < len(steps) else None
    label = _range(step["least_points"], following, is_first=False)
    if at == 0:
        label = f"≤ {following}" if following is not None else texts("any_points")
    wording = texts.of(card.calibration.wording(step["least_points"]))
    return (
        label,
        wording,
        Cell(numbers.share(step["probability"]), numbers.interval(numbers.share, step["low"], step["high"])),
        numbers.count(step["labelled"]),
        numbers.count(step["positives"]),
    )


def provenance(card: FittedCard, texts: Texts) -> list[tuple[str, str]]:
    """What the card came from, as pairs of a name and a fact."""
    origin = card.origin
    learnt = texts("learnt_value", first=origin.first_cohort, last=origin.last_cohort, n=origin.cohorts)
    counts = {"rows": origin.rows, "hits": origin.positives, "firms": origin.enterprises}
    return [
        (texts("card_id"), card.card_id),
        (texts("card_name"), f"{card.scorecard.name} {card.scorecard.version}"),
        (texts("fingerprint"), card.scorecard.fingerprint),
        (texts("family"), texts.family(origin.family)),
        (texts("label_name"), origin.label),
        (texts("fitted_for"), origin.fitted_for),
        (texts("learnt_from"), learnt),
        (texts("rows"), texts("rows_value", **{name: f"{n:,}" for name, n in counts.items()})),
        (texts("data_watermark"), origin.data_watermark),
        (texts("pack"), f"{origin.pack} {origin.pack_version} · {origin.pack_hash}"),
        (texts("code_version"), origin.code_version),
        (texts("logit_per_point"), f"{card.logit_per_point:g}"),
    ]
