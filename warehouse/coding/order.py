"""The stages of a coding in their order.  Dagster runs them as assets; everything else runs them from here."""

from warehouse.coding.alike import compute_alike
from warehouse.coding.coding import Coding
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.queue import compute_red_queue
from warehouse.coding.stages import (
    compute_codes,
    compute_explanations,
    compute_features,
    compute_probabilities,
    compute_scores,
)
from warehouse.coding.timelines import compute_timelines
from warehouse.database.frames import Connection

STAGES = (
    compute_features,
    compute_scores,
    compute_probabilities,
    compute_timelines,
    compute_codes,
    compute_explanations,
    compute_passports,
    compute_red_queue,
    compute_alike,
)


def code_enterprises(connection: Connection, coding: Coding) -> None:
    """Features, scores, what time will do, codes, reasons, passports, the red queue, and what may be told twice."""
    for stage in STAGES:
        stage(connection, coding)


def code_only(connection: Connection, coding: Coding) -> None:
    """The same without passports, which cost most and decide nothing: for who asks for codes and plans."""
    for stage in STAGES:
        if stage is not compute_passports:
            stage(connection, coding)
