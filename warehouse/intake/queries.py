"""Rows of a query, through SQLAlchemy."""

import polars as pl

from models.errors import DeliveryError
from warehouse.intake.json_items import as_cell
from warehouse.intake.raw import LINE, Raw, numbered


def read_sql(url: str, query: str, name: str) -> Raw:
    """Rows of a query.

    Raises DeliveryError with the words of the database: a query that fails is no matter of single rows.
    """
    # Few deliveries come out of a database; the others need not wait.
    import sqlalchemy.exc

    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(query))
            names = list(result.keys())
            rows = [[as_cell(cell) for cell in row] for row in result]
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = str(error).replace(url, "the url")
        raise DeliveryError(
            "{name} gave nothing: {said}. Correct url or query in the mapping.", name=name, said=said
        ) from error
    if len({*names, LINE}) != len(names) + 1:
        raise DeliveryError(
            "{name} gives columns of one name or called {line}: {names}. Name them with AS.",
            name=name,
            line=LINE,
            names=", ".join(names),
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Raw(name, numbered(frame))
