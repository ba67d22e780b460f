"""A fitted card on one page of a terminal: what it predicts, from what, every point, cut-offs, probabilities.

Drawn from the card's plain JSON, so that looking at a card loads no part of the learning.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from desk.words.labels import CARD_STATE, COLOURS
from desk.words.marks import N_
from desk.words.words import Words
from models import vocabulary as vocab
from models.bins import bins_of

PAGE_LINES, PAGE_WIDTH = 60, 100
_LABEL_WIDTH = 34
_ALL = 1_000
"""More steps than a calibration has."""
_MOST_NAMES = 12
"""Categories with the same points that are all named; of more, the first ones."""
WORDINGS = (
    (4.0, N_("far above average")),
    (2.0, N_("well above average")),
    (1.25, N_("somewhat above average")),
    (0.8, N_("about average")),
    (0.5, N_("somewhat below average")),
    (0.0, N_("well below average")),
)
"""``models.coding.calibration.WORDS`` in English; that module would load polars.  A test keeps both in step."""
RANKED = {"last_result": tuple(sorted(vocab.RESULT_RANK, key=vocab.RESULT_RANK.__getitem__))}
"""Features whose integers are ranks of results, in order."""

Card = Mapping[str, Any]


def card_page(
    card: Card, words: Words, *, state: str, title: str, meaning: str, width: int = PAGE_WIDTH
) -> list[Text]:
    """The page, at most ``PAGE_LINES`` lines of ``width`` cells at the full width.

    ``title`` and ``meaning`` say what the card's label is.  Until it fits, steps of the probability are joined,
    then titles of factors are cut to one line.
    """
    head, cut_offs, foot = (
        list(_head(card, words, state, title, meaning, width)),
        list(_codes(card, words, width)),
        _foot(card, words, width),
    )
    page: list[Text] = []
    for clipped, joined in product((False, True), (1, 2, 3, 5, _ALL)):
        factors = _factors(card, words, width, clipped=clipped)
        page = [*head, *factors, *cut_offs, *_probabilities(card, words, title, width, joined), *foot]
        if len(page) <= PAGE_LINES:
            break
    return page


def _head(card: Card, words: Words, state: str, title: str, meaning: str, width: int) -> Iterator[Text]:
    origin = card["origin"]
    yield Text(f"{words('Scorecard')} {card['card_id']} · {title} · {words.label(CARD_STATE, state)}", "bold")
    for line in _wrap(meaning.split(), " ", width):
        yield Text(line)
    told = {
        words("Data"): words(
            "{rows} rows of {enterprises} enterprises, {positives} of them positive ({rate}) · "
            "known up to {watermark}",
            rows=f"{origin['rows']:,}",
            enterprises=f"{origin['enterprises']:,}",
            positives=f"{origin['positives']:,}",
            rate=f"{origin['positives'] / max(origin['rows'], 1):.1%}",
            watermark=origin["data_watermark"],
        ),
        words("Cohorts"): words(
            "{cohorts} as-of days, {first} to {last} · fitted for {day} · family {family}",
            cohorts=origin["cohorts"],
            first=origin["first_cohort"],
            last=origin["last_cohort"],
            day=origin["fitted_for"],
            family=origin["family"],
        ),
        words("Origin"): words(
            "pack {pack} {version} ({hash}) · code {code} · fingerprint {fingerprint}",
            pack=origin["pack"],
            version=origin["pack_version"],
            hash=origin["pack_hash"][:12],
            code=origin["code_version"],
            fingerprint=card["scorecard"]["fingerprint"][:12],
        ),
        words("One point"): words(
            "multiplies the odds by {odds}; the score is the sum of the points of all factors",
            odds=f"{math.exp(card['logit_per_point']):.2f}",
        ),
    }
    label_width = max(map(cell_len, told))
    for label, text in told.items():
        yield from _row(label, text.split(" · "), label_width, width)


def _factors(card: Card, words: Words, width: int, *, clipped: bool) -> Iterator[Text]:
    factors = sorted(card["scorecard"]["factors"], key=_spread, reverse=True)
    titles = [words.either(factor, "title") for factor in factors]
    label_width = min(max(map(cell_len, titles), default=0), _LABEL_WIDTH, width // 2)
    yield Text("")
    yield Text(words("Factors ({n}, those that move the score most first)", n=len(factors)), "bold")
    for factor, title in zip(factors, titles, strict=True):
        label = _clip(title, label_width) if clipped else title
        yield from _row(label, bins(factor, words), label_width, width)


def _spread(factor: Card) -> int:
    """Points between the best and the worst an enterprise can get."""
    points = [*factor["points"].values(), factor["missing"]]
    return max(points) - min(points)


def bins(factor: Card, words: Words) -> list[str]:
    """Bins or categories of a factor with their points, what is missing last."""
    numeric = factor["kind"] == "numeric"
    told = _intervals(factor, words) if numeric else _categories(factor, words)
    missing = words("missing") if numeric else words("missing or other")
    return [*told, f"{missing}: {_signed(factor['missing'])}"]


def _intervals(factor: Card, words: Words) -> list[str]:
    found = bins_of(factor["points"])
    if len(found) == 1:
        return [f"{words('any value')}{words.colon}{_signed(found[0].points)}"]
    told: list[str] = []
    for at, (least, most, points) in enumerate(found):
        # What lies below the first bin gets its points as well.
        begins = None if at == 0 and least != 0 else least
        span = _ranks(factor, words, least, most) or _span(begins, most)
        told.append(f"{span}: {_signed(points)}")
    return told


def _ranks(factor: Card, words: Words, least: int, most: int | None) -> str:
    ranked = RANKED.get(factor["feature"], ())
    names = ranked[max(least, 0) : len(ranked) if most is None else most + 1]
    return "/".join(words.label(vocab.INSPECTION_RESULT, name) for name in names)


def _categories(factor: Card, words: Words) -> list[str]:
    alike: dict[int, list[str]] = {}
    for level, points in factor["points"].items():
        alike.setdefault(points, []).append(words.datum(factor["feature"], level))
    return [f"{_names(levels, words)}: {_signed(points)}" for points, levels in sorted(alike.items())]


def _names(levels: Sequence[str], words: Words) -> str:
    if len(levels) <= _MOST_NAMES:
        return words.listing(levels)
    shown = levels[: _MOST_NAMES - 2]
    return words.listing([*shown, words("{n} more", n=len(levels) - len(shown))])


def _codes(card: Card, words: Words, width: int) -> Iterator[Text]:
    limits = card["thresholds"]
    starts = [limits["blue"], limits["yellow"], limits["red"]]
    spans = zip([None, *starts], [*(start - 1 for start in starts), None], strict=True)
    told = [
        f"{words.label(vocab.CODE, key)} {_span(start, end)}"
        for key, (start, end) in zip(vocab.CODE_KEYS, spans, strict=True)
    ]
    yield Text("")
    label = words("Cut-offs")
    for line in _row(label, [*told, words("vetoes and floors apply on top")], cell_len(label), width):
        for key in vocab.CODE_KEYS:
            line.highlight_words([words.label(vocab.CODE, key)], COLOURS[key])
        yield line


def _probabilities(card: Card, words: Words, title: str, width: int, joined: int) -> Iterator[Text]:
    found = card["calibrations"][card["origin"]["label"]]
    base, steps = found["base_rate"], found["steps"]
    digits = 1 if base >= 0.01 else 2
    yield Text("")
    for line in _wrap(
        words(
            "Score and probability: {title} (95% interval in brackets; base rate {base})",
            title=title,
            base=f"{base:.{digits}%}",
        ).split(" "),
        " ",
        width,
    ):
        yield Text(line, "bold")
    ends = [step["least_points"] - 1 for step in steps[1:]]
    groups: dict[str, list[tuple[int | None, int | None, Card]]] = {}
    for at, step in enumerate(steps):
        start = step["least_points"] if at else None
        end = ends[at] if at < len(ends) else None
        groups.setdefault(words(_wording(step["probability"], base)), []).append((start, end, step))
    label_width = max(map(cell_len, groups))
    for wording, group in groups.items():
        parts = [group[at : at + joined] for at in range(0, len(group), joined)]
        yield from _row(wording, [_step(part, digits) for part in parts], label_width, width)
    if joined > 1:
        yield Text(words("neighbouring steps are shown together; --json has all"), "dim")


def _wording(probability: float, base: float) -> str:
    multiple = probability / base if base else 1.0
    return next(key for least, key in WORDINGS if multiple >= least)


def _step(part: Sequence[tuple[int | None, int | None, Card]], digits: int) -> str:
    """Scores from the first to the last step of a part; the outermost ends of their intervals."""
    first, last = part[0][2], part[-1][2]
    low, high = f"{first['probability']:.{digits}%}", f"{last['probability']:.{digits}%}"
    rate = low if low == high else f"{low.rstrip('%')}–{high}"
    interval = f"{100 * first['low']:.{digits}f}–{100 * last['high']:.{digits}f}"
    return f"{_span(part[0][0], part[-1][1])}: {rate} ({interval})"


def _foot(card: Card, words: Words, width: int) -> list[Text]:
    others = sorted(set(card["calibrations"]) - {card["origin"]["label"]})
    also = [words("Also calibrated for {labels}; see --json", labels=words.listing(others))] if others else []
    told = [
        *also,
        *_wrap(
            words(
                "Points, cut-offs and probabilities were fitted by this project on past data: "
                "a proposal, not Jinan's standard. Whether it is put in force is decided by a "
                "person of the authority."
            ).split(" "),
            " ",
            width,
        ),
    ]
    return [Text(""), *(Text(line, "dim") for line in told)]


def _row(label: str, pieces: Sequence[str], label_width: int, width: int) -> Iterator[Text]:
    """A label and its text side by side, each wrapped in its column."""
    left = _wrap(label.split(" "), " ", label_width)
    right = _wrap(pieces, " · ", width - label_width - 2)
    for at in range(max(len(left), len(right))):
        name = left[at] if at < len(left) else ""
        gap = " " * (label_width - cell_len(name) + 2)
        yield Text.assemble((name, "cyan"), gap + right[at] if at < len(right) else "")


def _clip(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"


def _wrap(pieces: Sequence[str], between: str, width: int) -> list[str]:
    """Pieces joined into lines of so many cells; a piece breaks only where it alone is too long."""
    lines: list[str] = []
    for piece in pieces:
        if lines and cell_len(lines[-1] + between + piece) <= width:
            lines[-1] += between + piece
        elif cell_len(piece) > width and " " in piece and between != " ":
            lines += _wrap(piece.split(" "), " ", width)
        else:
            lines += chop_cells(piece, width)
    return lines


def _span(least: int | None, most: int | None) -> str:
    """Integers from ``least`` to ``most``; ``None`` is an open end."""
    if least is None:
        return "…" if most is None else f"≤{most}"
    if most is None:
        return f"{least}+"
    if least == most:
        return f"{least}"
    return f"{least}–{most}" if least >= 0 else f"{least} … {most}"


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"
