"""Rows of one table on their way into the warehouse: in memory while they are few, else in files of a scratch folder.

The files are no part of the warehouse: whoever gave the folder removes it.
"""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import polars as pl

from models.contract import ROW
from warehouse.database.frames import Connection, shown_as
from warehouse.database.meta import value

MOST_HELD = 250_000
"""Rows of a table that are held in memory where there is a folder for more."""


SCRATCH = ".judged-{}"
"""Name of the folder, beside the warehouse, for what one process holds no longer; what a kill leaves goes with the next
writer."""


@contextmanager
def scratch_beside(connection: Connection) -> Generator[Path | None]:
    """A folder for rows that are too many to be held, as long as it is needed; none where all lives in memory."""
    path = value(connection, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")
    if path is None:
        yield None
        return
    folder = Path(path).with_name(SCRATCH.format(os.getpid()))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Rows:
    """Rows that have a number of their own each (``row``), all with the same columns.

    ``shared``: numbers of the rows that may share the last column of their key with another row; no other one does.
    """

    def __init__(self, empty: pl.DataFrame, scratch: Path | None = None, name: str = "rows") -> None:
        self.schema = empty.schema
        self.shared = pl.Series(ROW, [], dtype=pl.Int64)
        self._scratch, self._name = scratch, name
        self._held: list[pl.DataFrame] = []
        self._files: list[Path] = []
        self._gone = self.shared.clear()
        self._in_files = 0

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Rows":
        """Rows that are held already, numbered where they are not."""
        if ROW not in frame.columns:
            frame = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
        rows = cls(frame.clear())
        rows.add(frame)
        return rows

    @property
    def height(self) -> int:
        """How many there are."""
        return self._in_files - len(self._gone) + sum(frame.height for frame in self._held)

    @property
    def are_few(self) -> bool:
        """Whether all of them are held."""
        return not self._files

    def add(self, frame: pl.DataFrame) -> None:
        """Append rows; where many are held, they go to a file."""
        self._held.append(frame)
        if self._scratch is not None and sum(each.height for each in self._held) >= MOST_HELD:
            self._write(self._scratch)

    def extend(self, other: "Rows") -> None:
        """Append rows that were collected apart, and are used no more there; nothing was taken out of them."""
        self._files += other._files
        self._in_files += other._in_files
        for frame in other._held:
            self.add(frame)

    def _write(self, scratch: Path) -> None:
        frame = pl.concat(self._held)
        path = scratch / f"{self._name}-{len(self._files)}.parquet"
        frame.write_parquet(path, compression="lz4", statistics=False)
        self._files.append(path)
        self._in_files += frame.height
        self._held = []

    def lazy(self) -> pl.LazyFrame:
        """All rows; those in files are read when they are asked for."""
        stored = [pl.scan_parquet(path, glob=False, schema=self.schema) for path in self._files]
        if len(self._gone):
            stored = [each.filter(~pl.col(ROW).is_in(self._gone.implode())) for each in stored]
        return pl.concat([pl.LazyFrame(schema=self.schema), *stored, *(each.lazy() for each in self._held)])

    def frame(self) -> pl.DataFrame:
        """All rows, held."""
        return self.lazy().collect()

    def numbered(self, numbers: pl.Series, columns: Sequence[str] = ()) -> pl.DataFrame:
        """Rows of some numbers, with all their columns or with some."""
        found = self.lazy().filter(pl.col(ROW).is_in(numbers.implode()))
        return found.select(columns or list(self.schema)).collect()

    def take_out(self, numbers: pl.Series) -> None:
        """Have rows of some numbers no more."""
        if numbers.is_empty():
            return
        is_gone = pl.col(ROW).is_in(numbers.implode())
        held = sum(frame.height for frame in self._held)
        self._held = [frame.filter(~is_gone) for frame in self._held]
        if self._files and held - sum(frame.height for frame in self._held) < len(numbers):
            stored = pl.scan_parquet(self._files, glob=False).select(ROW).filter(is_gone).collect()[ROW]
            self._gone = pl.concat([self._gone, stored]).unique()

    def put_right(self, frame: pl.DataFrame) -> None:
        """Rows in place of those of the same number."""
        self.take_out(frame[ROW])
        self._held.append(frame.select(list(self.schema)))

    def change(self, *columns: pl.Expr) -> None:
        """Reckon columns anew in every row."""
        self._held = [frame.with_columns(columns) for frame in self._held]
        for path in self._files:
            changed = pl.read_parquet(path, glob=False).cast(self.schema).with_columns(columns)
            changed.write_parquet(path, compression="lz4", statistics=False)

    @contextmanager
    def shown_as(self, connection: Connection, name: str) -> Generator[None]:
        """Let SQL read the rows under a name."""
        held = pl.concat([pl.DataFrame(schema=self.schema), *self._held])
        if not self._files:
            with shown_as(connection, name, held):
                yield
            return
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self._files)
        gone = f"{name}_gone"
        with (
            shown_as(connection, f"{name}_held", held),
            shown_as(connection, gone, self._gone.to_frame()),
        ):
            connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet([{files}]) stored "
                f"WHERE NOT EXISTS (SELECT 1 FROM {gone} g WHERE g.{ROW} = stored.{ROW}) "
                f"UNION ALL BY NAME FROM {name}_held"
            )
            try:
                yield
            finally:
                with suppress(duckdb.TransactionException):
                    connection.execute(f"DROP VIEW IF EXISTS {name}")
