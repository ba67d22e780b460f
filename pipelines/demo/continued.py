"""The demo city after the days delivered at first: it is lived on day by day, visited as it is told."""

from dataclasses import replace
from datetime import date
from functools import cached_property

import polars as pl

from pipelines.demo.city import City, prolonged, year_after
from pipelines.demo.events import in_order, recorded, unvisited
from pipelines.demo.findings import numbered
from pipelines.demo.living import VisitedCity
from pipelines.demo.outcomes import draw_accidents
from pipelines.demo.signals import draw_alerts

YEARS_ON = 3
"""Years that a city can be lived on."""


class ContinuedCity(VisitedCity):
    """A city as it was delivered, and what becomes known of it after its last day.

    Nobody moves, opens or closes, and nobody joins or leaves the officers.
    """

    def __init__(self, archive: City) -> None:
        self.archive, self.years = archive, list[City]()
        whole = archive
        for _ in range(YEARS_ON):
            self.years.append(year_after(self.years[-1] if self.years else archive))
            whole = prolonged(whole, self.years[-1])
        self.ends = self.years[-1].period.end
        inspections, ledger = _history(archive)
        super().__init__(whole, self.years[0].period.start, inspections, ledger)

    def news(self, since: date, until: date) -> dict[str, pl.DataFrame]:
        """Rows that became known after ``since``, until ``until``, as delivered; keyed by table, none empty.

        An event of which something became known is told with all that is known of it on ``until``.
        """
        told: dict[str, list[pl.DataFrame]] = {"inspections": [self.inspections]}
        for year, alerts, accidents in self._drawn:
            if year.period.start <= until:
                for name, rows in unvisited(replace(year, until=until), alerts, accidents).items():
                    told.setdefault(name, []).append(rows)
        told["violations"] = [self.findings(self.number(since), self.number(until))]
        is_new = (pl.col("recorded_at") > since) & (pl.col("recorded_at") <= until)
        news = {
            name: pl.concat([in_order(name, rows) for rows in parts]).filter(is_new)
            for name, parts in told.items()
        }
        return {name: rows for name, rows in news.items() if rows.height}

    @cached_property
    def _drawn(self) -> list[tuple[City, pl.DataFrame, pl.DataFrame]]:
        """What happens by chance, period by period: alerts and accidents."""
        return [(year, draw_alerts(year), draw_accidents(year)) for year in (self.archive, *self.years)]


def _history(archive: City) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Visits and findings as they were delivered, with what was not yet recorded on the last day."""
    tables, findings = recorded(replace(archive, until=date.max))
    inspections = tables["inspections"]
    findings = findings.with_columns(again=pl.lit(None, dtype=pl.String))
    known = inspections.select("inspection_id", visited=pl.col("recorded_at"))
    ledger = numbered(archive, findings).join(known, on="inspection_id", maintain_order="left")
    # Findings of a visit are delivered with it at the earliest.
    late = pl.when(pl.col("visited") > archive.period.end).then(
        (pl.col("visited") - pl.lit(archive.period.start)).dt.total_days()
    )
    return inspections, ledger.with_columns(recorded=pl.max_horizontal("recorded", late)).drop(
        "again", "visited"
    )
