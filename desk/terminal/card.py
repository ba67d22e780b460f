"""A fitted card in a terminal: what it predicts, from what, every point, cut-offs, probabilities.

Drawn from the card's plain JSON, so that looking at a card loads no part of the learning.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from desk.words.labels import CARD_STATE, COLOURS
from desk.words.words import Words
from models import vocabulary as vocab
from models.bins import bins_of
from models.coding.calibration import likelihood

PAGE_WIDTH = 100
_LABEL_WIDTH = 34
_MOST_NAMES = 12
"""Categories with the same points that are all named; of more, the first ones."""
RANKED = {"last_result": tuple(sorted(vocab.RESULT_RANK, key=vocab.RESULT_RANK.__getitem__))}
"""Features whose integers are ranks of results, in order."""

Card = Mapping[str, Any]


def card_page(card: Card, words: Words, *, state: str, title: str, meaning: str) -> Group:
    """The whole card, as wide as its console; ``title`` and ``meaning`` say what the card's label is."""
    factors = sorted(card["scorecard"]["factors"], key=_spread, reverse=True)
    found = card["calibrations"][card["origin"]["label"]]
    base, digits = found["base_rate"], 1 if found["base_rate"] >= 0.01 else 2
    chances = words(
        "Score and probability: {title} (95% interval in brackets; base rate {base})",
        title=title,
        base=f"{base:.{digits}%}",
    )
    return Group(
        Text(f"{words('Scorecard')} {card['card_id']} · {title} · {words.label(CARD_STATE, state)}", "bold"),
        Text(meaning),
        _grid((label, Text(text, overflow="fold")) for label, text in _origin(card, words).items()),
        Text(),
        Text(words("Factors ({n}, those that move the score most first)", n=len(factors)), "bold"),
        _grid((words.either(one, "title"), _side_by_side(bins(one, words))) for one in factors),
        Text(),
        _grid([(words("Cut-offs"), _codes(card["thresholds"], words))]),
        Text(),
        Text(chances, "bold"),
        _grid(_probabilities(found["steps"], base, digits, words)),
        Text(),
        *(Text(text, "dim") for text in _foot(card, words)),
    )


def _grid(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", max_width=_LABEL_WIDTH)
    grid.add_column()
    for label, told in rows:
        grid.add_row(Text(label, overflow="fold"), told)
    return grid


def _side_by_side(pieces: Iterable[str]) -> Columns:
    """As many to a line as there is room for, none of them torn apart."""
    return Columns([Text(piece, overflow="fold") for piece in pieces], padding=(0, 2))


def _origin(card: Card, words: Words) -> dict[str, str]:
    origin = card["origin"]
    return {
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


def _codes(limits: Mapping[str, int], words: Words) -> Text:
    names = [words.label(vocab.CODE, key) for key in vocab.CODE_KEYS]
    spans = _spans([limits["blue"], limits["yellow"], limits["red"]])
    told = [f"{name} {span}" for name, span in zip(names, spans, strict=True)]
    line = Text(" · ".join([*told, words("vetoes and floors apply on top")]))
    for key, name in zip(vocab.CODE_KEYS, names, strict=True):
        line.highlight_words([name], COLOURS[key])
    return line


def _probabilities(
    steps: Sequence[Card], base: float, digits: int, words: Words
) -> Iterator[tuple[str, Columns]]:
    """Steps with the scores they hold and their interval, those of one wording together."""
    groups: dict[str, list[str]] = {}
    for step, span in zip(steps, _spans([step["least_points"] for step in steps[1:]]), strict=True):
        wording = words.label(vocab.LIKELIHOOD, likelihood(step["probability"], base))
        interval = f"{100 * step['low']:.{digits}f}–{100 * step['high']:.{digits}f}"
        groups.setdefault(wording, []).append(f"{span}: {step['probability']:.{digits}%} ({interval})")
    return ((wording, _side_by_side(told)) for wording, told in groups.items())


def _foot(card: Card, words: Words) -> Iterator[str]:
    if others := sorted(set(card["calibrations"]) - {card["origin"]["label"]}):
        yield words("Also calibrated for {labels}; see --json", labels=words.listing(others))
    yield words(
        "Points, cut-offs and probabilities were fitted by this project on past data: "
        "a proposal, not Jinan's standard. Whether it is put in force is decided by a "
        "person of the authority."
    )


def _spans(starts: Sequence[int]) -> list[str]:
    """The stretches that all integers are cut into by the first one of each but the lowest."""
    edges = zip([None, *starts], [*(start - 1 for start in starts), None], strict=True)
    return [_span(least, most) for least, most in edges]


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
