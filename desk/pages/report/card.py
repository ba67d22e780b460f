"""The card on one page: every factor with its points, the cut-offs, and what the points mean in probability."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from desk.pages.report.tables import Cell, Table, largest, simple, tabulated
from desk.say import numbers
from desk.say.effects import red_bound
from desk.say.report import SCORE, family
from desk.words.words import Words
from models import vocabulary as vocab
from models.coding.card import FittedCard
from models.messages import N_
from models.scorecard import Factor

Zone = tuple[str, str, float, float]
"""A code's key and name, its first point and the first point beyond it."""


DIRECTIONS = {"up": N_("more never lowers the score"), "down": N_("more never raises the score")}
"""What is sure of the points of a factor, where they only rise or only fall."""


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


def factor_blocks(card: FittedCard, words: Words) -> list[FactorBlock]:
    """Every factor of the card, the one that can weigh most first."""
    factors = sorted(card.scorecard.factors, key=_span, reverse=True)
    most = largest(abs(value) for factor in factors for value in _values(factor))
    return [_block(factor, card, most, words) for factor in factors]


def _values(factor: Factor) -> list[int]:
    return [*factor.points.values(), factor.missing]


def _span(factor: Factor) -> int:
    return max(_values(factor)) - min(_values(factor))


def _block(factor: Factor, card: FittedCard, most: float, words: Words) -> FactorBlock:
    pairs = _bins(factor) if factor.is_numeric else _categories(factor, words)
    lines = [Line(label, numbers.points(value), _length(value, most)) for label, value in pairs]
    missing, length = numbers.points(factor.missing), _length(factor.missing, most)
    unknown = Line(words("not on record"), missing, length, is_unknown=True)
    direction = card.directions.get(factor.feature, "free")
    title = words.either(vars(factor), "title")
    shown = words(DIRECTIONS.get(direction, ""))
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


def _categories(factor: Factor, words: Words) -> list[tuple[str, int]]:
    """Categories with equal points on one line, most points first."""
    groups: dict[int, list[str]] = {}
    for key, value in factor.points.items():
        groups.setdefault(value, []).append(words.datum(factor.feature, str(key)))
    return [(words.listing(groups[value]), value) for value in sorted(groups, reverse=True)]


def zones(card: FittedCard, words: Words) -> list[Zone]:
    """Ranges of points of the four codes, from the least points the card gives to somewhat above RED's."""
    cut, steps = card.thresholds, [step.least_points for step in card.calibration.steps]
    least = float(min(0, cut.blue - 1, *steps))
    end = max(cut.red, *steps) * 1.0
    edges = [least, cut.blue, cut.yellow, cut.red, end + max(2.0, round(0.12 * (end - least)))]
    keys = ("green", "blue", "yellow", "red")
    return [
        (key, words.label(vocab.CODE, key), float(edges[at]), float(edges[at + 1]))
        for at, key in enumerate(keys)
    ]


def cut_off_table(card: FittedCard, words: Words) -> Table:
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
        rows.append((Cell(words.label(vocab.CODE, key), code=key), text, probability))
    return simple(
        (words("code"), words.within(*SCORE), words("probability at the lowest points")), rows, empty=""
    )


def probability_table(card: FittedCard, words: Words) -> Table:
    """Every step of the calibration with its interval, in numbers and words."""
    steps = card.calibration.steps
    ends = [*(step.least_points - 1 for step in steps[1:]), None]
    labels = [_range(step.least_points, end, is_first=False) for step, end in zip(steps, ends, strict=True)]
    # What lies below the first step gets its probability as well.
    labels[0] = words("any") if ends[0] is None else f"≤ {ends[0]}"
    rows = [{"label": label, **asdict(step)} for label, step in zip(labels, steps, strict=True)]
    columns = {
        words.within(*SCORE): lambda row: row["label"],
        words("in words"): lambda row: words.label(
            vocab.LIKELIHOOD, card.calibration.likelihood(row["least_points"])
        ),
        words("probability (95% interval)"): lambda row: Cell(
            numbers.share(row["probability"]), numbers.interval(numbers.share, row["low"], row["high"])
        ),
        words("outcome known"): lambda row: numbers.count(row["labelled"]),
        words("hits"): lambda row: numbers.count(row["positives"]),
    }
    return tabulated(reversed(rows), columns, empty="", texts=2)


def provenance(card: FittedCard, words: Words) -> list[tuple[str, str]]:
    """What the card came from, as pairs of a name and a fact."""
    origin = card.origin
    learnt = words(
        "{first} to {last}, {n} as-of days",
        first=origin.first_cohort,
        last=origin.last_cohort,
        n=origin.cohorts,
    )
    bound = red_bound(vars(origin), words)
    counts = {"rows": origin.rows, "hits": origin.positives, "firms": origin.enterprises}
    return [
        (words("card"), card.card_id),
        (words("name and version"), f"{card.scorecard.name} {card.scorecard.version}"),
        (words("fingerprint of the points"), card.scorecard.fingerprint),
        (words("family"), family(origin.family, words)),
        (words("label"), origin.label),
        (words("Fitted for"), origin.fitted_for),
        (words("learnt from"), learnt),
        (
            words("rows"),
            words(
                "{rows} rows of {firms} enterprises, {hits} hits",
                **{name: f"{n:,}" for name, n in counts.items()},
            ),
        ),
        (words("data watermark"), origin.data_watermark),
        (words("policy pack"), f"{origin.pack} {origin.pack_version} · {origin.pack_hash}"),
        (words("code version"), origin.code_version),
        (words("log-odds a point"), f"{card.logit_per_point:g}"),
        *([(words("bound of RED"), bound)] if bound else []),
    ]
