"""A fitted card in a terminal: what it predicts, from what, every point, cut-offs, probabilities.

Drawn from the card's plain JSON, so that looking at a card loads no part of the learning.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from desk.say.effects import red_bound
from desk.words.labels import CARD_STATE, COLOURS
from desk.words.words import Words
from models import vocabulary as vocab
from models.bins import bins_of
from models.coding.calibration import likelihood

PAGE_WIDTH = 100
PAGE_LINES = 60
"""Lines of a terminal that a card is shown on."""
_LABEL_WIDTH = 34
_BRIEF_WIDTH = 38
_MOST_NAMES = 12
"""Categories with the same points that are all named; of more, the first ones."""
RANKED = {"last_result": tuple(sorted(vocab.RESULT_RANK, key=vocab.RESULT_RANK.__getitem__))}
"""Features whose integers are ranks of results, in order."""

Card = Mapping[str, Any]


def card_page(
    card: Card,
    words: Words,
    *,
    state: str,
    title: str,
    meaning: str,
    more: Sequence[RenderableType] = (),
    lines: int | None = None,
    width: int = PAGE_WIDTH,
) -> Group:
    """The whole card, as wide as its console; ``title`` and ``meaning`` say what the card's label is.

    ``more`` stands before the last words.  Of a card that takes more than so many ``lines``, the factors that move the
    score least are told by their least and most points, and probabilities by their wording.
    """
    factors = sorted(card["scorecard"]["factors"], key=_spread, reverse=True)
    head = [
        Text(f"{words('Scorecard')} {card['card_id']} · {title} · {words.label(CARD_STATE, state)}", "bold"),
        Text(meaning),
        _grid((label, Text(text, overflow="fold")) for label, text in _origin(card, words).items()),
    ]
    bound = red_bound(card["origin"], words)
    told = [_codes(card["thresholds"], words), *([Text(bound)] if bound else [])]
    limits = _grid([(words("Cut-offs"), Group(*told))])
    last = [*more, *(Text(text, "dim") for text in _foot(card, words))]

    def page(whole: int, *, is_short: bool) -> Group:
        shown = [*head, Text(), *_factors(factors, whole, words), Text(), limits, Text()]
        return Group(*shown, *_chances(card, title, words, is_short=is_short), Text(), *last)

    every = page(len(factors), is_short=False)
    if lines is None or _height(every, width) <= lines:
        return every
    heights = range(len(factors) + 1)
    fitting = bisect_right(heights, lines, key=lambda whole: _height(page(whole, is_short=True), width))
    return page(max(fitting - 1, 0), is_short=True)


def _height(page: Group, width: int) -> int:
    return len(Console(width=width).render_lines(page))


def _factors(factors: Sequence[Card], whole: int, words: Words) -> Iterator[RenderableType]:
    """So many factors with all their points, the others by their least and most."""
    yield Text(words("Factors ({n}, those that move the score most first)", n=len(factors)), "bold")
    yield _grid((words.either(one, "title"), _side_by_side(bins(one, words))) for one in factors[:whole])
    if rest := factors[whole:]:
        yield Text(words("{n} of them by their least and most points only; --whole shows all", n=len(rest)))
        yield _side_by_side(_in_brief(one, words) for one in rest)


def _in_brief(factor: Card, words: Words) -> str:
    """Title and ends of a factor, two of them to a line of a terminal."""
    ends = " … ".join(map(_signed, _ends(factor)))
    title, room = words.either(factor, "title"), _BRIEF_WIDTH - cell_len(ends) - 2
    cut = title if cell_len(title) <= room else f"{set_cell_size(title, room - 1).rstrip()}…"
    return f"{set_cell_size(cut, room)}  {ends}"


def _chances(card: Card, title: str, words: Words, *, is_short: bool) -> Iterator[RenderableType]:
    """Probability of the label by score."""
    found = card["calibrations"][card["origin"]["label"]]
    base, digits = found["base_rate"], 1 if found["base_rate"] >= 0.01 else 2
    head = words(
        "Score and probability: {title} (95% interval in brackets; base rate {base})",
        title=title,
        base=f"{base:.{digits}%}",
    )
    yield Text(head, "bold")
    yield _grid(_probabilities(found["steps"], base, digits, words, is_short=is_short))


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


def _ends(factor: Card) -> tuple[int, int]:
    """The least and the most points an enterprise can get."""
    points = [*factor["points"].values(), factor["missing"]]
    return min(points), max(points)


def _spread(factor: Card) -> int:
    least, most = _ends(factor)
    return most - least


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
    steps: Sequence[Card], base: float, digits: int, words: Words, *, is_short: bool
) -> Iterator[tuple[str, Columns]]:
    """Steps with the scores they hold and their interval, those of one wording together; in short as one step."""
    groups: dict[str, list[tuple[int | None, int | None, Card]]] = {}
    for step, (least, most) in zip(steps, _edges([step["least_points"] for step in steps[1:]]), strict=True):
        wording = words.label(vocab.LIKELIHOOD, likelihood(step["probability"], base))
        groups.setdefault(wording, []).append((least, most, step))
    for wording, told in groups.items():
        if is_short:
            (least, _, first), (_, most, last) = told[0], told[-1]
            rate = f"{first['probability']:.{digits}%}"
            if last is not first:
                rate = f"{rate} … {last['probability']:.{digits}%}"
            yield wording, _side_by_side([f"{_span(least, most)}: {rate}"])
        else:
            yield wording, _side_by_side(_step(*one, digits) for one in told)


def _step(least: int | None, most: int | None, step: Card, digits: int) -> str:
    interval = f"{100 * step['low']:.{digits}f}–{100 * step['high']:.{digits}f}"
    return f"{_span(least, most)}: {step['probability']:.{digits}%} ({interval})"


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
    return [_span(least, most) for least, most in _edges(starts)]


def _edges(starts: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """First and last integer of each stretch; ``None`` is an open end."""
    return list(zip([None, *starts], [*(start - 1 for start in starts), None], strict=True))


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
