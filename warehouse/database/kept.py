"""Documents that were kept from an earlier day, as they are on the day coded last.

The same as ``warehouse.coding.renewal`` makes of the rows they rest on, of one document when it is read; it needs no
database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Today:
    """The day coded last, and what is a day older on each day.

    ``data_watermark``: of its codes.  ``remembered``: first day that the change rules remember.  ``ages``,
    ``delays``: factors and rules whose datum is a day older, always or while it is not 0.  ``dwell``: days after which
    an act of today betters a code.
    """

    as_of: date
    data_watermark: date | None
    remembered: date
    ages: tuple[str, ...]
    delays: tuple[str, ...]
    dwell: Mapping[str, int]

    def told(self) -> Row:
        """As JSON can say it."""
        return {name: f"{one}" if isinstance(one, date) else one for name, one in vars(self).items()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Today":
        """The same the other way round."""
        day = {name: date.fromisoformat(told[name]) for name in ("as_of", "remembered")}
        watermark = told["data_watermark"] and date.fromisoformat(told["data_watermark"])
        return cls(
            day["as_of"],
            watermark,
            day["remembered"],
            tuple(told["ages"]),
            tuple(told["delays"]),
            told["dwell"],
        )

    def passport(self, one: Row) -> Row:
        """A passport (``warehouse.questions.passport``)."""
        if one["as_of"] >= self.as_of:
            return one
        days = self.as_of - one["as_of"]
        for finding in one["open_findings"]:
            due = finding["rectify_due_on"]
            finding["is_overdue"] = None if due is None else due < self.as_of
        after_acts = one["as_of"] + timedelta(days=self.dwell.get(one["code"], 0))
        for way in one["ways"]:
            if way["acts"] and way["reached_on"] == after_acts:
                way["reached_on"] += days
        one["facts"] = _from(self.remembered, one["facts"])
        one["forecast"] = _from(self.as_of, one["forecast"])
        for stretch in one["forecast"]:
            since = stretch["facts_since"]
            stretch["facts_since"] = since and max(since, self.remembered)
        return self.row(one) | {"data_watermark": self.data_watermark}

    def row(self, one: Row) -> Row:
        """A row of a queue (``warehouse.questions.codes``), or what a passport has like it."""
        days = (self.as_of - one["as_of"]).days
        if days > 0:
            for reason in one["reasons"] or ():
                reason["value"] = self._datum(reason["factor"], reason["value"], days)
            one["as_of"] = self.as_of
        return one

    def _datum(self, factor: str, value: str | None, days: int) -> str | None:
        grows = factor in self.ages or (factor in self.delays and value != "0")
        return value if value is None or not grows else f"{int(value) + days}"


def _from(day: date, stretches: list[Row]) -> list[Row]:
    """Stretches of days from a day on."""
    return [one | {"valid_from": max(one["valid_from"], day)} for one in stretches if one["valid_to"] > day]
