"""The options of every enterprise: up to five of the smallest sets of acts, with what they bring and when."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Any

import polars as pl

from models.counterfactuals.acts import ACTS
from models.counterfactuals.monotonicity import answering_may_hurt, more_helps
from models.counterfactuals.scenarios import ActSet, Asked, Counts, Promise, Scenarios, code_of
from models.counterfactuals.search import Case, Found, search
from models.features.acts import ANSWER
from models.vocabulary import as_date

MOST_OPTIONS = 5
"""More is no help to choose."""

ACT = ("kind", "ref", "about")
WAYS_SCHEMA: dict[str, Any] = {
    "enterprise_id": pl.String,
    "option": pl.Int64,
    "code": pl.String,
    "reached_on": pl.Date,
    "is_searched": pl.Boolean,
    "acts": pl.List(pl.Struct(dict.fromkeys(ACT, pl.String))),
}

Act = dict[str, str]
Option = tuple[Promise | None, list[Act]]


def ways(acts: pl.DataFrame, scenarios: Scenarios) -> pl.DataFrame:
    """What would better the code of every enterprise of the scenarios; ``acts``: what is ``offered`` to them.

    Grain: one row per enterprise and option, ``WAYS_SCHEMA``, sorted; no row where the code is GREEN or no set of
    acts betters it by its target day.  ``code`` and ``reached_on``: what is promised.  ``acts``: what is to be done,
    in order of kind and ``ref``; empty where waiting is enough.  Options are ordered by the day promised, then by
    their acts.  ``is_searched``: no set of fewer acts works.  Where false, the search was cut short and the one
    option is all that can be done; its ``code`` is empty when even that does not work.
    """
    waiting = scenarios.waiting_promises()
    wanted = set(_not_green(scenarios.today)) - set(waiting)
    cases = list(_cases(acts, wanted, scenarios.asked))
    idle: dict[ActSet, Promise | None] = {(case.enterprise_id, (0,) * len(case.most)): None for case in cases}
    found = search(cases, scenarios.promises, idle)
    by_block = _by_block(acts, found)
    options = {enterprise: (True, [(promise, list[Act]())]) for enterprise, promise in waiting.items()}
    options |= {
        enterprise: (one.is_searched, _options(one, by_block[enterprise]))
        for enterprise, one in found.items()
    }
    return _told(options)


def _told(options: Mapping[str, tuple[bool, Sequence[Option]]]) -> pl.DataFrame:
    """The options in rows; acts are told in rows of their own first, of which many are made quickly."""
    rows: list[tuple[Any, ...]] = []
    acts: list[tuple[int, str, str, str]] = []
    for enterprise, (is_searched, several) in sorted(options.items()):
        for number, (promise, done) in enumerate(several, 1):
            acts += [(len(rows), act["kind"], act["ref"], act["about"]) for act in done]
            rows.append((enterprise, number, *_promised(promise), is_searched))
    told = pl.DataFrame(rows, schema=[(k, v) for k, v in WAYS_SCHEMA.items() if k != "acts"], orient="row")
    each = pl.DataFrame(acts, schema={"row": pl.UInt32, **dict.fromkeys(ACT, pl.String)}, orient="row")
    lists = each.group_by("row", maintain_order=True).agg(acts=pl.struct(*ACT))
    whole = told.with_row_index("row").join(lists, on="row", how="left", maintain_order="left")
    nothing = pl.lit([], dtype=WAYS_SCHEMA["acts"])
    return whole.select(*told.columns, pl.coalesce("acts", nothing).alias("acts"))


def _not_green(today: pl.DataFrame) -> list[str]:
    return today.filter(pl.col("rank") > 0)["enterprise_id"].to_list()


def _cases(acts: pl.DataFrame, wanted: Collection[str], asked: Asked) -> Iterator[Case]:
    """One search for each enterprise; two, with and without answering alerts, where answering may hurt."""
    rules = [one for one in asked.rules if one.since <= asked.span.last]
    helps, split = more_helps(rules), answering_may_hurt(rules)
    blocks = acts.group_by("enterprise_id", "block").agg(pl.len(), pl.col("kind").first())
    sizes = blocks.sort("enterprise_id", "block").group_by("enterprise_id", maintain_order=True)
    for enterprise, counts, kinds in sizes.agg("len", "kind").iter_rows():
        if enterprise not in wanted:
            continue
        most, none = tuple(counts), (0,) * len(counts)
        if helps and split and ANSWER in kinds:
            at = kinds.index(ANSWER)
            yield Case(enterprise, none, _set(most, at, 0), helps)
            yield Case(enterprise, _set(none, at, 1), most, helps)
        else:
            yield Case(enterprise, none, most, helps)


def _set(counts: Counts, at: int, count: int) -> Counts:
    return (*counts[:at], count, *counts[at + 1 :])


def _by_block(acts: pl.DataFrame, concerned: Collection[str]) -> dict[str, list[list[Act]]]:
    """For each enterprise the acts of its blocks."""
    found: dict[str, list[list[Act]]] = {enterprise: [] for enterprise in concerned}
    columns = acts.sort("enterprise_id", "block", "place").select(
        "enterprise_id", "place", "kind", "ref", "about"
    )
    for enterprise, place, kind, ref, about in columns.iter_rows():
        if enterprise in found:
            if place == 0:
                found[enterprise].append([])
            found[enterprise][-1].append({"kind": kind, "ref": ref, "about": about})
    return found


def _options(found: Found, blocks: Sequence[Sequence[Act]]) -> list[Option]:
    several = [
        (promise, acts)
        for counts, promise in found.promises.items()
        for acts in islice(_sets(counts, blocks), MOST_OPTIONS)
    ]
    return sorted(several, key=_order)[:MOST_OPTIONS]


def _sets(counts: Counts, blocks: Sequence[Sequence[Act]]) -> Iterator[list[Act]]:
    """All sets of acts that take so many of each block."""
    for choice in product(*(combinations(block, count) for block, count in zip(blocks, counts, strict=True))):
        yield sorted((act for acts in choice for act in acts), key=_act_order)


def _act_order(act: Mapping[str, str]) -> tuple[int, str]:
    return ACTS.index(act["kind"]), act["ref"]


def _order(option: Option) -> tuple[int, list[tuple[int, str]]]:
    promise, acts = option
    return promise.day if promise else 0, [_act_order(act) for act in acts]


def _promised(promise: Promise | None) -> tuple[Any, Any]:
    return (code_of(promise.rank), as_date(promise.day)) if promise else (None, None)
