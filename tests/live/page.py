"""Dagster's page, asked as its own front end asks it: through GraphQL."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

LOCATION = "riskcode"
LOCATIONS = (LOCATION, "riskcode_learning")
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
Check = tuple[str, str]
"""An asset and the name of one of its checks."""


@dataclass(frozen=True)
class Run:
    """A run as the page tells of it."""

    run_id: str
    status: str
    job: str
    tags: dict[str, str]

    @property
    def day(self) -> str | None:
        """The day it is for, where it is for one."""
        return self.tags.get("dagster/partition")


class Page:
    """The page of an installation."""

    def __init__(self, address: str) -> None:
        self.address = address

    def answers(self) -> bool:
        """Whether it has loaded the code of all locations."""
        try:
            told = self.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { id } } } }")
        except OSError:
            return False
        return len(told["nodes"]) == len(LOCATIONS)

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer to a question that has one part.  Raises AssertionError for an error."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        asked = urllib.request.Request(
            f"{self.address}/graphql", body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        assert not told.get("errors"), told["errors"]
        [part] = told["data"].values()
        return part

    def launch(
        self,
        day: date | None,
        assets: Iterable[str] = (),
        checks: Iterable[Check] = (),
        *,
        job: str = "__ASSET_JOB",
        location: str = LOCATION,
        config: dict[str, Any] | None = None,
    ) -> str:
        """Launch a run of a day, of some assets and checks or a whole job.  Returns its id."""
        selector: dict[str, Any] = {
            "repositoryLocationName": location,
            "repositoryName": "__repository__",
            "pipelineName": job,
        }
        if job == "__ASSET_JOB":
            selector["assetSelection"] = [{"path": [name]} for name in assets]
            selector["assetCheckSelection"] = [
                {"assetKey": {"path": [asset]}, "name": name} for asset, name in checks
            ]
        tags = [{"key": "dagster/partition", "value": f"{day}"}] if day else []
        parameters = {
            "selector": selector,
            "runConfigData": config or {},
            "executionMetadata": {"tags": tags},
        }
        told = self.ask(_LAUNCH, parameters=parameters)
        assert told["__typename"] == "LaunchRunSuccess", told
        return told["run"]["runId"]

    def backfill(self, days: Sequence[str], assets: Iterable[str]) -> str:
        """Launch a backfill.  Returns its id."""
        told = self.ask(
            _BACKFILL,
            parameters={"partitionNames": [*days], "assetSelection": [{"path": [name]} for name in assets]},
        )
        assert told["__typename"] == "LaunchBackfillSuccess", told
        return told["backfillId"]

    def backfill_status(self, backfill: str) -> tuple[str, str]:
        """How a backfill stands, and its error where it has one."""
        told = self.ask(_OF_BACKFILL, id=backfill)
        return told["status"], (told["error"] or {}).get("message", "")

    def runs(self, limit: int = 300) -> list[Run]:
        """Runs, the newest first."""
        told = self.ask(_RUNS, limit=limit)
        return [_run(one) for one in told["results"]]

    def ended(self, *run_ids: str, seconds: float = 300.0) -> list[Run]:
        """The runs, once they have ended."""
        until = time.monotonic() + seconds
        while True:
            told = {one.run_id: one for one in self.runs()}
            found = [told[run_id] for run_id in run_ids]
            going = [one for one in found if one.status not in ENDED]
            if not going:
                return found
            assert time.monotonic() < until, f"waited {seconds:.0f} seconds for the end of {going}"
            time.sleep(1)

    def terminate(self, run_id: str) -> None:
        """Cancel a run, as its button does."""
        told = self.ask(_TERMINATE, id=run_id)
        assert told["__typename"] == "TerminateRunSuccess", told

    def partitions(self, asset: str) -> list[str]:
        """The days an asset has."""
        told = self.ask(_PARTITIONS, asset=[asset])
        return told["partitionKeys"]

    def nodes(self) -> list[dict[str, Any]]:
        """Assets of all locations: name, whether it can be made, what it rests on, its checks."""
        found = self.ask(_NODES)
        return [
            {
                "name": one["assetKey"]["path"][-1],
                "is_made": one["isMaterializable"],
                "location": one["repository"]["location"]["name"],
                "rests_on": [other["path"][-1] for other in one["dependencyKeys"]],
                "feeds": [other["path"][-1] for other in one["dependedByKeys"]],
                "checks": [check["name"] for check in one["assetChecksOrError"].get("checks", [])],
            }
            for one in found
        ]

    def start_schedule(self, name: str) -> None:
        """Turn a schedule on."""
        told = self.ask(_START_SCHEDULE, of=_named(scheduleName=name))
        assert told["__typename"] == "ScheduleStateResult", told

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on."""
        told = self.ask(_START_SENSOR, of=_named(sensorName=name))
        assert told["__typename"] == "Sensor", told

    def ticks(self, sensor: str) -> list[dict[str, Any]]:
        """The last looks of a sensor or schedule, the newest first."""
        return self.ask(_TICKS, of=_named(name=sensor))["ticks"]


def _run(told: dict[str, Any]) -> Run:
    tags = {one["key"]: one["value"] for one in told["tags"]}
    return Run(told["runId"], told["status"], told["jobName"], tags)


def _named(**name: str) -> dict[str, str]:
    return {"repositoryLocationName": LOCATION, "repositoryName": "__repository__", **name}


_ERROR = "... on PythonError { message stack }"
_LAUNCH = f"""mutation($parameters: ExecutionParams!) {{ launchRun(executionParams: $parameters) {{ __typename
    ... on LaunchRunSuccess {{ run {{ runId }} }} ... on InvalidSubsetError {{ message }}
    ... on RunConfigValidationInvalid {{ errors {{ message }} }} {_ERROR} }} }}"""
_BACKFILL = f"""mutation($parameters: LaunchBackfillParams!) {{ launchPartitionBackfill(backfillParams: $parameters)
    {{ __typename ... on LaunchBackfillSuccess {{ backfillId }} {_ERROR} }} }}"""
_OF_BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill
    { status error { message } } } }"""
_OF_RUN = "runId status jobName tags { key value }"
_RUNS = f"query($limit: Int) {{ runsOrError(limit: $limit) {{ ... on Runs {{ results {{ {_OF_RUN} }} }} }} }}"
_TERMINATE = f"mutation($id: String!) {{ terminateRun(runId: $id) {{ __typename {_ERROR} }} }}"
_PARTITIONS = """query($asset: [String!]!) { assetNodeOrError(assetKey: {path: $asset}) { ... on AssetNode
    { partitionKeys } } }"""
_NODES = """{ assetNodes { assetKey { path } isMaterializable dependencyKeys { path } dependedByKeys { path }
    repository { location { name } } assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""
_START_SCHEDULE = f"""mutation($of: ScheduleSelector!) {{ startSchedule(scheduleSelector: $of)
    {{ __typename {_ERROR} }} }}"""
_START_SENSOR = (
    f"mutation($of: SensorSelector!) {{ startSensor(sensorSelector: $of) {{ __typename {_ERROR} }} }}"
)
_TICKS = """query($of: InstigationSelector!) { instigationStateOrError(instigationSelector: $of)
    { ... on InstigationState { ticks(limit: 20) { status skipReason timestamp runIds error { message } } } } }"""
