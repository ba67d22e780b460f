"""A city that is visited as it is told: what its officers find, and what becomes of it.

What happens to the enterprises is the demo city's own; its visits and their findings are not.  Findings come from the
latent risk of the month by the demo city's own rules.
"""

import zlib
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from models.vocabulary import day_number
from pipelines.demo import findings as rules
from pipelines.demo import visits as inspecting
from pipelines.demo.city import City
from pipelines.demo.period import Days, Floats

KINDS = {
    "red_overdue": "special",
    "red": "special",
    "immediate": "immediate",
    "recheck": "recheck",
    "hazard_source": "special",
    "annual_full": "annual_full",
    "department": "other",
    "random": "random",
    "audit": "random",
}
"""Kind under which a visit is recorded, by its first channel."""

FOUND_AGAIN = 0.6
"""Part of what is not put right that a later visit finds again, as in the demo city; the rest is in order by then."""

GRAVER = 0.5
"""How much graver a finding is when it is found again."""

VISIT_COLUMNS = (
    "visit_id",
    "enterprise_id",
    "channel",
    "channels",
    "mode",
    "level",
    "division",
    "crew_id",
    "names",
)
"""What the plan says of a visit that is made; ``names`` are those of the crew, separated by ;"""

NOT_MADE_PERMILLE = 20
"""Scheduled visits that are not made, and of which nobody ever hears."""


class VisitedCity:
    """A city with the visits it is told to have had from ``first`` on.

    ``inspections`` are the visits recorded, ``ledger`` the findings with everything that is written of them and that
    will become of them, days as numbers; both begin with what was before ``first``.
    """

    def __init__(self, city: City, first: date, inspections: pl.DataFrame, ledger: pl.DataFrame) -> None:
        self.city, self.inspections, self.ledger = city, inspections, ledger
        self.first = self.number(first)
        self._strictness = inspecting.strictness(city)

    @cached_property
    def firm_of(self) -> dict[str, int]:
        """Position of each enterprise."""
        return {name: at for at, name in enumerate(self.city.firms["enterprise_id"])}

    def number(self, day: date) -> int:
        """Number of a day in the city's period."""
        return day_number(day) - day_number(self.city.period.start)

    def is_made(self, day: date, scheduled: int) -> pl.Series:
        """Whether each visit scheduled for a day is made."""
        random = np.random.default_rng([self.city.seed, 200, self.number(day)])
        return pl.Series(random.integers(0, 1000, scheduled) >= NOT_MADE_PERMILLE)

    def visit(self, day: date, visits: pl.DataFrame) -> pl.DataFrame:
        """Make visits (``VISIT_COLUMNS``), all on one day, and remember what was found.

        Returns them with kind, result, ``recorded`` (day number), latent ``risk``, and what is true of them: number
        found, whether anything serious, whether a major hazard.
        """
        at = self.number(day)
        rng = np.random.default_rng([self.city.seed, 100, at])
        firm = np.array([self.firm_of[one] for one in visits["enterprise_id"]], dtype=np.int64)
        numbered = visits.with_columns(
            visit=pl.int_range(pl.len()) + 50_000_000 + at * 1000,
            firm=pl.Series(firm, dtype=pl.Int64),
            day=pl.lit(at, dtype=pl.Int64),
            kind=pl.col("channel").replace_strict(KINDS, return_dtype=pl.String),
            recorded=pl.Series(at + rng.integers(0, 4, len(firm)), dtype=pl.Int64),
        )
        numbered = numbered.with_columns(
            kind=pl.when((pl.col("channel") == "department") & (pl.col("mode") == "on_site"))
            .then(pl.lit("joint"))
            # Whatever else it was for, the record says that it held the full coverage.
            .when(pl.col("channels").list.contains("annual_full"))
            .then(pl.lit("annual_full"))
            .otherwise("kind")
        )
        fresh = pl.concat([self._found(rng, numbered), self._found_again(rng, numbered)])
        rows = as_ledger(self.city, rng, fresh.join(numbered.select("visit", "recorded"), on="visit"))
        self.ledger = pl.concat([self._superseded(rows), rows.drop("again")])
        seen = numbered.join(inspecting._worst(fresh), on="visit", how="left", maintain_order="left")
        numbered = numbered.with_columns(result=inspecting._results(rng, seen))
        self.inspections = pl.concat([self.inspections, _inspected(self.city, numbered)])
        return self._told(numbered, fresh)

    def _told(self, visits: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
        grave = fresh.group_by("visit").agg(
            found=pl.len(),
            serious=pl.col("severity").is_in(["serious", "critical"]).any(),
            major=pl.col("is_major_hazard").any(),
        )
        risk = self.city.risk_on(visits["firm"].to_numpy(), visits["day"].to_numpy())
        return visits.with_columns(risk=pl.Series(1 / (1 + np.exp(-risk)))).join(
            grave, on="visit", how="left"
        )

    def _found(self, rng: np.random.Generator, visits: pl.DataFrame) -> pl.DataFrame:
        """Fresh findings: those of the demo city for one day, with the habits the firms have had all along."""
        visits = visits.filter(pl.col("channels").list.join(" ") != "recheck")
        # A re-check that also settles other items looks at everything, as a draw does.
        factors = rules.KIND_FACTOR | {"recheck": 1.0}
        found = rules.found_at(self.city, rng, visits, self._strict(visits), factors, self._habits)
        return found.with_columns(again=pl.lit(None, dtype=pl.String))

    def _strict(self, visits: pl.DataFrame) -> Floats:
        crews = visits.select(pl.concat_str("level", "division", "crew_id", ignore_nulls=True)).to_series()
        return self._strictness[[zlib.crc32(crew.encode()) % len(self._strictness) for crew in crews]]

    @cached_property
    def _habits(self) -> Days:
        """The two items found most often at each firm before, fresh ones where there are fewer."""
        habits = rules.fresh_habits(self.city, self.city.rng(101))
        known = self.ledger.filter(pl.col("day") < self.first).group_by("firm", "item").len()
        known = known.sort("firm", "len", "item", descending=[False, True, False])
        for firm, items in known.group_by("firm", maintain_order=True).agg("item").iter_rows():
            habits[firm, : min(2, len(items))] = items[:2]
        return habits

    def _found_again(self, rng: np.random.Generator, visits: pl.DataFrame) -> pl.DataFrame:
        """What an earlier visit ordered and the firm has not done by its day, looked at on site."""
        here = visits.filter(pl.col("mode") == "on_site").select("visit", "firm", "day")
        late = self.ledger.filter(
            (pl.col("disposal") != "on_the_spot") & (pl.col("withdrawn").is_null())
        ).select("firm", "item", "due", "rectified", again="violation_id")
        left = here.join(late, on="firm", maintain_order="left_right").filter(
            (pl.col("due") < pl.col("day"))
            & (pl.col("rectified").is_null() | (pl.col("rectified") > pl.col("day")))
        )
        is_again = pl.Series(rng.random(len(left)) < FOUND_AGAIN)
        self._in_order = left.filter(~is_again)
        again = left.filter(is_again)
        judged = rules.judged(self.city, rng, again.with_columns(boost=pl.lit(GRAVER)))
        return judged.with_columns(is_major_hazard=pl.lit(value=False), again=again["again"])

    def _superseded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The ledger: old findings found again are put right with the new one, the others are in order now."""
        again = rows.drop_nulls("again").select("again", new="rectified", new_known="rectified_known")
        fine = self._in_order.select("again", new="day", new_known=pl.col("day") + 3)
        told = pl.concat([again, fine]).unique("again", keep="first", maintain_order=True)
        joined = self.ledger.join(told, left_on="violation_id", right_on="again", how="left").join(
            told.select(violation_id="again", is_touched=pl.lit(value=True)), on="violation_id", how="left"
        )
        changed = pl.col("is_touched").is_not_null()
        return joined.with_columns(
            rectified=pl.when(changed).then("new").otherwise("rectified"),
            rectified_known=pl.when(changed).then("new_known").otherwise("rectified_known"),
        ).select(self.ledger.columns)

    def findings(self, since: int, until: int) -> pl.DataFrame:
        """Findings of which something became known after ``since``, as known on ``until``."""
        days = ["recorded", *(f"{fact}_known" for fact in rules.FACTS)]
        known = self.ledger.filter(pl.col("recorded") <= until)
        news = [((pl.col(day) > since) & (pl.col(day) <= until)).fill_null(value=False) for day in days]
        latest = pl.max_horizontal(pl.when(pl.col(day) <= until).then(pl.col(day)) for day in days)
        date_of = self.city.period.to_date
        told = known.filter(pl.any_horizontal(news)).rename({fact: f"{fact}_on" for fact in rules.FACTS})
        return told.with_columns(
            date_of(latest).alias("recorded_at"),
            *(
                pl.when(pl.col(f"{fact}_known") <= until)
                .then(date_of(pl.col(column)) if column == f"{fact}_on" else pl.col(column))
                .alias(column)
                for fact, columns in rules.FACTS.items()
                for column in columns
            ),
            occurred_on=date_of(pl.col("day")),
            rectify_due_on=date_of(pl.col("due")),
        )


def _inspected(city: City, visits: pl.DataFrame) -> pl.DataFrame:
    """Visits that were made, as recorded."""
    date_of = city.period.to_date
    return visits.select(
        inspection_id=inspecting.inspection_ids(pl.col("visit")),
        recorded_at=date_of(pl.col("recorded")),
        enterprise_id="enterprise_id",
        inspected_on=date_of(pl.col("day")),
        kind="kind",
        mode="mode",
        level="level",
        departments=pl.lit("应急管理局"),
        officers="names",
        result="result",
        filed_on=date_of(pl.col("day")),
    )


def as_ledger(city: City, rng: np.random.Generator, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with everything that is written of them, days as numbers; their ids name the visit."""
    place = pl.int_range(pl.len()).over("visit")
    named = pl.format("WF{}-{}", pl.col("visit"), place)
    return rules.described(city, rng, findings).with_columns(violation_id=named)
