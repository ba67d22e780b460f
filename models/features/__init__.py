"""Features: what is known about each enterprise on a day, as integers and categories.

Every event is one or more intervals of days on which it adds to a feature; the sum of those that hold on a day is the
level of the feature on that day.  Every feature is declared once (``catalogue``); from the declaration come the levels
of one day (``day``), every change of them over a span of days (``span``), and what acts do to them (``acts``), all as
SQL: text, made here and run elsewhere (``warehouse.coding.levels``).

All rows come in *integer form* (``integer_form``, or the query of the same shape in the warehouse): days since
1970-01-01, minutes since 1970-01-01, flags as 0 and 1.  The single as-of cut of knowledge is ``events.events_of``.
"""

from models.features.catalogue import CATALOGUE
from models.features.events import Events, integer_form

__all__ = ["CATALOGUE", "Events", "integer_form"]
