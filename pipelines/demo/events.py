"""Everything that happens in the demo city, as clean canonical tables."""

import polars as pl

from models.tables.canonical import TABLES
from pipelines.demo.city import City
from pipelines.demo.findings import draw_findings, draw_repeats, finding_rows
from pipelines.demo.outcomes import accident_rows, draw_accidents, report_rows
from pipelines.demo.roster import roster_tables
from pipelines.demo.signals import alert_rows, complaints, draw_alerts
from pipelines.demo.visits import draw_rechecks, draw_visits, inspection_rows

SUPPLIED_BY_MAPPING = "source"
"""The one column that no authority delivers."""


def clean_tables(city: City) -> dict[str, pl.DataFrame]:
    """Canonical tables without ``source``, sorted by the day they were recorded, keyed by table name."""
    tables, findings = recorded(city)
    violations = finding_rows(city, findings).join(tables["inspections"], on="inspection_id", how="semi")
    tables = {"enterprises": register_rows(city), "violations": violations, **tables}
    return {name: in_order(name, frame) for name, frame in tables.items()}


def register_rows(city: City) -> pl.DataFrame:
    """The register as delivered: a firm's town where it has one that is named, else its district."""
    return city.register.with_columns(division=pl.coalesce("town", "division"))


def recorded(city: City) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """What is delivered besides register and findings, keyed by table name, and the findings as drawn."""
    alerts, accidents = draw_alerts(city), draw_accidents(city)
    visits = draw_visits(city, pl.concat([complaints(alerts), accidents]).sort("day", "firm"))
    findings = draw_findings(city, visits)
    rechecks = draw_rechecks(city, findings, first=len(visits))
    findings = pl.concat([findings, draw_repeats(city, rechecks, findings)])
    visits = pl.concat([visits, rechecks.drop("after")], how="diagonal")
    inspections = inspection_rows(city, visits, findings)
    told = unvisited(city, alerts, accidents)
    tables = {"alerts": told.pop("alerts"), "inspections": inspections, **told}
    return tables | roster_tables(city, visits, inspections), findings


def unvisited(city: City, alerts: pl.DataFrame, accidents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What is recorded whoever is visited, keyed by table name."""
    return {
        "alerts": alert_rows(city, alerts),
        "accidents": accident_rows(city, accidents),
        "self_reports": report_rows(city),
    }


def in_order(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as delivered: the canonical columns without ``source``, by the day they were recorded."""
    table = TABLES[name]
    columns = {name: one.dtype for name, one in table.columns().items() if name != SUPPLIED_BY_MAPPING}
    key = [column for column in table.key if column != SUPPLIED_BY_MAPPING]
    # What this city's authorities do not keep, such as a check-list score, stays empty.
    empty = {name: pl.lit(None, dtype=dtype) for name, dtype in columns.items() if name not in frame.columns}
    return frame.with_columns(**empty).select(list(columns)).sort("recorded_at", *key)
