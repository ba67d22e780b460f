"""Features: what is known about each enterprise on one day, as integers and categories.

Written once as lazy Narwhals expressions, so the same fold runs on Polars and on DuckDB with identical
results.  All frames come in *integer form* (``integer_form`` below, or the view of the same shape in the
warehouse): days since 1970-01-01, minutes since 1970-01-01, flags as 0/1.  There are no floats to round.

Every feature is declared once (``catalogue``).  The single as-of cut is ``asof.known``: a row counts if this
version of it was known at ``known_at`` and it happened no later than ``as_of``.
"""

from models.features.catalogue import CATALOGUE
from models.features.fold import Events, fold_features, integer_form

__all__ = ["CATALOGUE", "Events", "fold_features", "integer_form"]
