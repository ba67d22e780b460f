"""The firms of the demo city and the latent risk that causes everything that happens to them."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.demo.credit_codes import credit_codes
from pipelines.demo.particulars import particulars
from pipelines.demo.period import Days, Flags, Floats, Period
from pipelines.demo.register import all_versions, first_versions
from pipelines.demo.towns import towns
from pipelines.demo.trades import DISTRICTS, TRADES

EXTREMES = (-3.0, 2.3)
"""Bounds of the log-risk: even the worst works has some order."""

MONTHLY_MEMORY = 0.93
"""How much of last month's mood is left: half of a change is gone after ten months."""

LASTING, DRIFTING = 0.75, 0.45
"""Spread of the part of quality that never changes and of the part that drifts (log-risk)."""


@dataclass(frozen=True)
class City:
    """One element of every array per firm.

    ``division`` of ``firms`` is the district and ``town`` the code that is delivered instead, where there is one.
    ``risk`` is the log-risk per firm and month of the period, 0 for an average shop.  ``opened`` and
    ``closes`` bound the days on which anything can happen.  ``spare`` are valid credit codes nobody holds.
    ``until`` is the last day of which records are told.  ``later`` counts the years since those delivered at first.
    """

    seed: int
    period: Period
    firms: pl.DataFrame
    register: pl.DataFrame
    risk: Floats
    trade: Days
    opened: Days
    closes: Days
    spare: tuple[str, ...]
    until: date
    later: int = 0

    def rng(self, part: int) -> np.random.Generator:
        """A generator for one part of the story, so that changing a part leaves the others alone."""
        return np.random.default_rng([self.seed, part, *([self.later] if self.later else [])])

    def rngs(self, part: int) -> tuple[np.random.Generator, np.random.Generator]:
        """A generator for what lasts, the same in later years, and one for what happens after it."""
        rng = self.rng(part)
        return (np.random.default_rng([self.seed, part]) if self.later else rng), rng

    @property
    def first_number(self) -> int:
        """Number of the first thing of its kind that happens."""
        return self.later * 10_000_000

    def risk_on(self, firms: Days, days: Days) -> Floats:
        """Log-risk of each firm on the day beside it."""
        return self.risk[firms, self.period.month(days)]

    def alive(self, firms: Days, days: Days) -> Flags:
        """Whether each firm existed on the day beside it, and the day is within the period."""
        bound = np.minimum(self.closes[firms], self.period.last)
        return (days >= self.opened[firms]) & (days <= bound)

    def is_high_hazard(self) -> Flags:
        """Whether each firm is of one of the six sectors."""
        return np.array([trade.sector != "general" for trade in TRADES])[self.trade]


def pick(words: list[str] | tuple[str, ...], position: Days) -> pl.Series:
    """The word at each position."""
    return pl.Series(words, dtype=pl.String).gather(position)


def build_city(enterprises: int, end: date, years: int, seed: int) -> City:
    """A city of ``enterprises`` firms over the ``years`` that finish with ``end``."""
    rng = np.random.default_rng([seed, 0])
    period = Period.ending(end, years)
    trade = rng.choice(len(TRADES), enterprises, p=_normal([item.share for item in TRADES]))
    quality, risk = _latent_risk(rng, period, trade)
    opened, closes = _lifetimes(rng, period, enterprises)
    district = _districts(rng, trade)
    codes = credit_codes(_registered_in(rng, district, years), seed=seed)
    firms = first_versions(rng, period, trade, district, quality, opened).with_columns(
        pl.Series("enterprise_id", codes[:enterprises])
    )
    # A generator of its own: what is caused by nothing changes nothing else.
    beside = particulars(np.random.default_rng([seed, 90]), district, firms["major_hazard_source"])
    named = towns(np.random.default_rng([seed, 91]), firms["enforcing_level"], firms["division"])
    firms = firms.with_columns(beside, named)
    size = np.log(firms["employees_true"].to_numpy()) - 3
    risk = np.clip(risk + 0.12 * size[:, None], *EXTREMES)
    register = all_versions(rng, period, firms, opened, closes)
    return City(seed, period, firms, register, risk, trade, opened, closes, tuple(codes[enterprises:]), end)


def year_after(city: City) -> City:
    """The same firms in the year after the city's last day, with the latent risk that goes on from there.

    None opens or closes.
    """
    period = city.period.following()
    usual = city.risk.mean(axis=1)
    later = replace(city, later=city.later + 1)
    mood, rng = (city.risk[:, -1] - usual) / DRIFTING, later.rng(0)
    risk = np.empty((len(usual), period.months))
    for month in range(period.months):
        mood = _moved(rng, mood)
        risk[:, month] = np.clip(usual + DRIFTING * mood, *EXTREMES)
    opened, closes = np.zeros_like(city.opened), np.where(city.closes >= city.period.last, period.last, -1)
    return replace(later, period=period, risk=risk, opened=opened, closes=closes)


def prolonged(city: City, year: City) -> City:
    """The city with the year after it, as one period."""
    years = city.period.years + year.period.years
    period = Period(city.period.start, year.period.end, years)
    closes = np.where(city.closes >= city.period.last, period.last, city.closes)
    return replace(city, period=period, risk=np.hstack([city.risk, year.risk]), closes=closes)


def truth(city: City) -> pl.DataFrame:
    """Latent risk as a number between 0 and 1, one row per firm: at the end and at the end of each quarter."""
    likely = 1 / (1 + np.exp(-city.risk))
    ends = range(2, city.period.months, 3)
    months = [city.period.start.month + month - 1 for month in ends]
    names = [f"{city.period.start.year + m // 12}q{m % 12 // 3 + 1}" for m in months]
    return pl.DataFrame(
        {"enterprise_id": city.firms["enterprise_id"], "latent_risk": likely[:, -1]}
        | {f"latent_risk_{name}": likely[:, end] for name, end in zip(names, ends, strict=True)}
    )


def _normal(shares: list[float]) -> Floats:
    return np.array(shares) / sum(shares)


def _latent_risk(rng: np.random.Generator, period: Period, trade: Days) -> tuple[Floats, Floats]:
    """Lasting bad quality per firm, and log-risk per firm and month as an autoregression around it."""
    lasting = rng.standard_normal(len(trade))
    mood = rng.standard_normal(len(trade))
    risk = np.empty((len(trade), period.months))
    base = LASTING * lasting + np.array([item.hazard for item in TRADES])[trade]
    for month in range(period.months):
        risk[:, month] = base + DRIFTING * mood
        mood = _moved(rng, mood)
    return lasting, risk


def _moved(rng: np.random.Generator, mood: Floats) -> Floats:
    """Mood of each firm a month later."""
    fresh = rng.standard_normal(len(mood)) * np.sqrt(1 - MONTHLY_MEMORY**2)
    return MONTHLY_MEMORY * mood + fresh


def _lifetimes(rng: np.random.Generator, period: Period, count: int) -> tuple[Days, Days]:
    """First and last day of each firm: 8 % open during the period, 1 % closed before it, 1 % during it."""
    opened = np.where(rng.random(count) < 0.08, rng.integers(1, period.last - 20, count), 0)
    fate = rng.random(count)
    closing = rng.integers(period.last // 4, period.last, count)
    closes = np.where((fate < 0.01) & (opened < closing - 60), closing, period.last)
    return opened, np.where((fate > 0.99) & (opened == 0), -1, closes)


def _districts(rng: np.random.Generator, trade: Days) -> Days:
    usual = rng.choice(len(DISTRICTS), len(trade), p=_normal([d.share for d in DISTRICTS]))
    outskirts = rng.choice(len(DISTRICTS), len(trade), p=_normal([d.hazard_share for d in DISTRICTS]))
    hazardous = np.array([item.sector != "general" for item in TRADES])[trade]
    return np.where(hazardous, outskirts, usual)


def _registered_in(rng: np.random.Generator, district: Days, years: int) -> NDArray[np.str_]:
    """Divisions for the credit codes of all firms and of the spare ones after them."""
    spare = rng.integers(0, len(DISTRICTS), 500 + len(district) * years // 20)
    return np.array([item.code for item in DISTRICTS])[np.concatenate([district, spare])]
