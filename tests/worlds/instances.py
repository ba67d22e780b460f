"""Dagster's instance as a home has it, and sensors that look at it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.instance import write_instance_config
from warehouse.home import Home

if TYPE_CHECKING:
    from dagster import DagsterInstance


@pytest.fixture
def instance(home: Home) -> "Iterator[DagsterInstance]":
    """The instance of an empty home."""
    # Dagster takes seconds to import; most tests do without.
    from dagster import DagsterInstance

    write_instance_config(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


class Watch:
    """A sensor that is looked at again and again."""

    def __init__(self, sensor: Any, instance: "DagsterInstance") -> None:
        self.sensor, self.instance, self.cursor = sensor, instance, None

    def looks(self, times: int = 1) -> None:
        """Let it look so often, each time with what it remembered."""
        from dagster import build_sensor_context

        for _ in range(times):
            found = self.sensor(build_sensor_context(instance=self.instance, cursor=self.cursor))
            # As the daemon does: one that is empty is not kept.
            self.cursor = found.cursor or self.cursor
