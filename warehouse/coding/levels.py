"""Where levels are computed: DuckDB runs the SQL of ``models.features``, one portion of enterprises at a time."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl

from models.coding.timeline import Book, InForce, Moments, Sampled, Span, books, moments
from models.features import CATALOGUE, Events
from models.features.day import levels_of_day
from models.features.events import EVENT_COLUMNS, events_of
from models.features.span import TABLES, Levels, Stretch, clean_visits, prepared
from models.features.windows import FeaturePolicy
from models.validity import known
from models.vocabulary import day_number
from warehouse.coding.extract import EVERY_ROW, Extract, in_portions, queries
from warehouse.database.frames import Connection, shown_as


@dataclass(frozen=True)
class Rows:
    """Rows of some enterprises in integer form, as SQL by table, and where it runs."""

    connection: Connection
    of: Mapping[str, str]
    about: object = None
    """What tells these rows from others of the same SQL, where something does."""

    def levels_on(self, as_of: date, known_at: date, policy: FeaturePolicy) -> pl.DataFrame:
        """All features on a day.

        Grain: one row per enterprise known at ``known_at``, sorted by ``enterprise_id``; columns of the catalogue.
        """
        self.prepare(known_at, policy)
        columns = ", ".join(CATALOGUE.names)
        query = levels_of_day(policy, day_number(as_of))
        return _frame(self.connection, f"SELECT {columns} FROM ({query}) ORDER BY enterprise_id")

    def judged(self, span: Span, rules: Sequence[InForce]) -> Moments:
        """What the facts say from the first to the last day of a span."""
        told: list[tuple[Book, Sampled]] = []
        for book in books(span, rules):
            policy = book.rules.policy.features
            self.prepare(span.known_at, policy)
            asked = Levels(book.reading.levels, policy, Stretch(book.first, book.last))
            told.append((book, self.sampled(asked)))
        return moments(told, self.register())

    def prepare(self, known_at: date, policy: FeaturePolicy) -> None:
        """Let ``firms`` and the prepared events be those of a day of knowledge under a policy."""
        day, wanted = day_number(known_at), (self.about, known_at, policy)
        held = _PREPARED.get(id(self.connection), _NOTHING)
        if self.about is not None and held == wanted:
            return
        self.connection.execute(_FIRMS.format(register=self.of["enterprises"], known=known(day=str(day))))
        for statement in prepared({table: self.numbered(table) for table in TABLES}, policy, day):
            self.connection.execute(statement)
        if held is not _NOTHING:
            _PREPARED[id(self.connection)] = wanted

    def turns(self, query: str) -> pl.DataFrame:
        """What a query of what is prepared gives."""
        return _frame(self.connection, query)

    def numbered(self, table: str) -> str:
        """SQL of the rows of a table with the number of their enterprise in ``firms``."""
        return _NUMBERED.format(rows=self.of[table])

    def register(self) -> pl.DataFrame:
        """The enterprises that are prepared, by their number, with what the register says."""
        inherent = ", ".join(f"{says} AS {name}" for name, says in CATALOGUE.inherent.items())
        return self.connection.sql(f"SELECT {inherent} FROM firms ORDER BY f").pl()

    def sampled(self, asked: Levels) -> dict[str, pl.DataFrame]:
        """By feature the days on which its level changes, of what is prepared."""
        for statement in asked.statements():
            self.connection.execute(statement)
        # One query: of few enterprises, to ask anew for each feature takes longer than what is asked.
        rows = self.connection.sql("SELECT k, f, day, v FROM sampled ORDER BY k, f, day").pl()
        places = np.searchsorted(rows["k"].to_numpy(), np.arange(len(asked.names) + 1)).tolist()
        levels = rows.drop("k")
        return {name: levels[places[k] : places[k + 1]] for k, name in enumerate(asked.names)}

    def visited_clean(self, as_of: date, known_at: date, policy: FeaturePolicy) -> pl.Series:
        """Enterprises that were visited on a day, and nothing was found."""
        visits = events_of(
            "inspections",
            f"(SELECT enterprise_id AS f, * FROM ({self.of['inspections']}))",
            policy,
            known_at=day_number(known_at),
        )
        clean = f"SELECT f FROM ({clean_visits(f'({visits})')}) WHERE day = {day_number(as_of)}"
        return self.connection.sql(clean).pl()["f"]

    def events(self, known_at: date) -> Events:
        """The versions of rows that are known on a day, as Polars frames in integer form."""
        rows = f"SELECT * FROM ({{query}}) WHERE {known(day=str(day_number(known_at)))}"
        return Events(
            **{
                name: self.connection.sql(rows.format(query=query)).pl().lazy()
                for name, query in self.of.items()
            }
        )

    def among(self, enterprises: pl.Series) -> "Rows":
        """The rows of some of the enterprises."""
        with shown_as(self.connection, "these", pl.DataFrame({"enterprise_id": enterprises})):
            self.connection.execute("CREATE OR REPLACE TEMP TABLE chosen AS FROM these")
        chosen = "SELECT * FROM ({query}) WHERE enterprise_id IN (SELECT enterprise_id FROM chosen)"
        of = {name: chosen.format(query=query) for name, query in self.of.items()}
        return Rows(self.connection, of, (self.about, tuple(enterprises)))


_FIRMS = """
CREATE OR REPLACE TEMP TABLE firms AS
SELECT (row_number() OVER (ORDER BY enterprise_id) - 1)::INTEGER AS f, * FROM ({register})
WHERE {known}
"""
_NUMBERED = "(SELECT f, r.* FROM ({rows}) r JOIN (SELECT f, enterprise_id FROM firms) USING (enterprise_id))"


def rows_of(connection: Connection, extract: Extract) -> Rows:
    """The rows that are read."""
    return Rows(connection, queries(connection, extract), extract)


_NOTHING = ()
_PREPARED: dict[int, object] = {}
"""What is prepared on a connection, inside ``preparing_once``."""


@contextmanager
def preparing_once(connection: Connection) -> Generator[None]:
    """While nothing is stored: what is prepared for one stage of a coding stays prepared for the next."""
    _PREPARED[id(connection)] = None
    try:
        yield
    finally:
        del _PREPARED[id(connection)]


def _frame(connection: Connection, query: str) -> pl.DataFrame:
    """What a long query gives, planned once: a relation that is bound first is planned twice."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {query}")
    return connection.sql("FROM told").pl()


def portions(connection: Connection, extract: Extract = EVERY_ROW) -> Iterator[Rows]:
    """The same in portions of whole enterprises by their order; at least one."""
    for portion in in_portions(connection, extract):
        yield rows_of(connection, portion)


def features_on(
    connection: Connection,
    as_of: date,
    known_at: date,
    policy: FeaturePolicy,
    extract: Extract = EVERY_ROW,
) -> Iterator[pl.DataFrame]:
    """Features of a day in portions of enterprises, in their order.

    Grain: one row per enterprise known at ``known_at``, sorted by ``enterprise_id``; columns of the catalogue.
    """
    for rows in portions(connection, extract):
        yield rows.levels_on(as_of, known_at, policy)


@contextmanager
def in_memory(events: Events) -> Generator[Rows]:
    """Rows that are Polars frames in integer form."""
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, frame in vars(events).items():
            connection.register(f"rows_{name}", frame.lazy().collect().to_arrow())
        yield Rows(connection, {name: f"FROM rows_{name}" for name in EVENT_COLUMNS})
