"""A seeded, Jinan-like city that delivers raw files the way authorities do, warts included.

Nothing here knows Dagster, DuckDB or Great Expectations: the city only writes a folder of files, so the real
intake is exercised.  What drives the events, a slowly drifting latent risk per firm, is written beside the
delivery as the truth that an analyst may compare a score with.
"""

from pipelines.demo.city import build_city
from pipelines.demo.continued import ContinuedCity
from pipelines.demo.deliver import END, SEED, YEARS, DemoCity, write_day, write_demo_city

__all__ = ["END", "SEED", "YEARS", "ContinuedCity", "DemoCity", "build_city", "write_day", "write_demo_city"]
