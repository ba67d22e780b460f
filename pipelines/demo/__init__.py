"""A seeded, Jinan-like city that delivers raw files the way authorities do, warts included.

Nothing here knows Dagster, DuckDB or Great Expectations: the city only writes a folder of files, so the real
intake is exercised.  What drives the events, a slowly drifting latent risk per firm, is written beside the
delivery as the truth that an analyst may compare a score with.
"""

from pipelines.demo.deliver import DemoCity, write_demo_city

__all__ = ["DemoCity", "write_demo_city"]
