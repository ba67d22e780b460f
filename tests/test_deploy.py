"""What an operator copies from ``deploy`` fits the program: files, commands, sockets, settings."""

import configparser
import importlib.util
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipelines import cli

REPOSITORY = Path(__file__).parents[1]
DEPLOY = REPOSITORY / "deploy"
APP, HOME = "/srv/riskcode-app", "/srv/riskcode"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
ENVIRONMENT = (DEPLOY / "riskcode.env").read_text(encoding="utf-8")


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str
    read.read_string(path.read_text(encoding="utf-8"))
    return read


def commands() -> dict[str, list[str]]:
    """Everything that a unit or a container runs, by its name."""
    told = {path.stem: shlex.split(unit(path)["Service"]["ExecStart"]) for path in SERVICES}
    ours = {name: one["command"] for name, one in COMPOSE["services"].items() if "command" in one}
    return told | {f"container {name}": command for name, command in ours.items()}


@pytest.mark.parametrize(("name", "command"), commands().items(), ids=list(commands()))
def test_every_command_runs_a_program_and_names_modules_and_files_that_are_there(
    name: str, command: list[str]
) -> None:
    program, *arguments = command
    if Path(program).name == "riskcode":
        assert arguments[0] in typer.main.get_command(cli.app).commands
        return
    if not name.startswith("container "):
        assert program.startswith(f"{APP}/.venv/bin/")
    assert Path(sys.executable).with_name(Path(program).name).is_file()
    for option, value in pairwise(arguments):
        if option == "-m":
            assert importlib.util.find_spec(value) is not None, value
        if option == "-w":
            assert (REPOSITORY / value).is_file()


def servers(found: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    """Of every code server its module and socket, by the name of the location."""
    told = dict[str, tuple[str, str]]()
    for command in found.values():
        if command[1:3] == ["api", "grpc"]:
            given = dict(zip(command[3::2], command[4::2], strict=True))
            told[given["--location-name"]] = (given["-m"], given["-s"])
    return told


def test_the_code_servers_serve_the_locations_of_the_workspace_where_daemon_and_page_look_for_them() -> None:
    locations = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())["load_from"]
    modules = {
        one["python_module"]["location_name"]: one["python_module"]["module_name"] for one in locations
    }
    looked_for = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    sockets = {one["grpc_server"]["location_name"]: one["grpc_server"]["socket"] for one in looked_for}
    expected = {name: (module, sockets[name]) for name, module in modules.items()}
    assert set(sockets) == set(modules)
    containers = {name: command for name, command in commands().items() if name.startswith("container ")}
    units = {name: command for name, command in commands().items() if name not in containers}
    assert servers(units) == servers(containers) == expected


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_name_each_other_the_environment_file_and_folders_of_the_program(path: Path) -> None:
    found = unit(path)
    named = " ".join(value for key, value in found["Unit"].items() if key in ("After", "Wants", "PartOf"))
    assert set(re.findall(r"riskcode[\w.-]*", named)) <= {one.name for one in UNITS}
    if path.suffix == ".service":
        service = found["Service"]
        assert service["EnvironmentFile"] == "/etc/riskcode.env"
        assert service["WorkingDirectory"] == APP
        assert service["ReadWritePaths"] == HOME
        assert service["User"] != "root"


def test_the_target_starts_everything_but_the_watch() -> None:
    [target] = [path for path in UNITS if path.suffix == ".target"]
    assert set(unit(target)["Unit"]["Wants"].split()) == {
        path.name for path in SERVICES if path.stem != "riskcode-watch"
    }


def test_the_environment_file_names_settings_and_nothing_else() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", ENVIRONMENT, flags=re.M))
    known = set(re.findall(r"RISKCODE_[A-Z_]+", (REPOSITORY / "pipelines" / "settings.py").read_text()))
    assert {name for name in named - known if not name.startswith("RISKCODE_SOURCE_")} == {"DAGSTER_HOME"}
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", ENVIRONMENT, flags=re.M))
    assert given["RISKCODE_HOME"] == HOME and given["DAGSTER_HOME"] == f"{HOME}/dagster"
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(RISKCODE_\w+)", text)) <= known


def test_containers_share_home_and_sockets_and_publish_to_this_machine_only() -> None:
    for name, one in COMPOSE["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name
        assert set(one.get("depends_on", {})) <= set(COMPOSE["services"])
        if name != "postgres":
            assert one["env_file"] == ["riskcode.env"]
            assert [volume.rpartition(":")[2] for volume in one["volumes"]] == [HOME, "/run/riskcode"]
            assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).is_file()
    assert {name: one["profiles"] for name, one in COMPOSE["services"].items() if "profiles" in one} == {
        "watch": ["watch"],
        "postgres": ["postgres"],
    }


def test_what_the_image_copies_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert f"WORKDIR {APP}" in text and f"PATH={APP}/.venv/bin" in text
    for lock in re.findall(r"requirements[\w-]*\.lock", text):
        assert (REPOSITORY / lock).is_file()
    [packages] = re.findall(r"compileall -q (.*)", text)
    assert all((REPOSITORY / package / "__init__.py").is_file() for package in packages.split())
