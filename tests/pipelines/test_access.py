"""What lies in a home is its user's alone, whatever the umask; what a person writes elsewhere follows hers."""

import json
import os
from pathlib import Path

import pytest

from pipelines import access
from tests.worlds.runs import REPOSITORY, ended, process, riskcode
from warehouse.home import Home


def modes(folder: Path) -> dict[str, int]:
    """Bits of the group and of others, where there are any."""
    found = {
        f"{path.relative_to(folder)}": path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))
    }
    return {name: bits for name, bits in found.items() if bits}


def with_umask(umask: int, home: Path, *arguments: str) -> int:
    """Exit status of a command that a shell of this umask starts."""
    script = (
        f"import os, sys\nos.umask({umask})\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'pipelines', *sys.argv[1:]])"
    )
    return ended(process(home, "-c", script, *arguments)).returncode


def here_with_umask(umask: int, home: Path, *arguments: str) -> int:
    """Exit status of a command that is run in this process, as if a shell of this umask had started it."""
    before = os.umask(umask)
    try:
        with pytest.MonkeyPatch.context() as begins:
            begins.setattr(access, "_asked", None)
            return riskcode(home, *arguments).returncode
    finally:
        os.umask(before)


@pytest.mark.whole
@pytest.mark.slow
def test_a_run_leaves_nothing_that_others_can_read_and_exports_go_by_the_umask(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert with_umask(0, home, "run", "--demo", "--enterprises", "60") == 0
    assert modes(home) == {} and len(list(home.rglob("*"))) > 30
    csv, shared = tmp_path / "codes.csv", tmp_path / "shared.duckdb"
    assert here_with_umask(0o022, home, "codes", "--list", "--format", "csv", "--output", str(csv)) == 0
    assert here_with_umask(0o027, home, "share", str(shared)) == 0
    assert [oct(path.stat().st_mode)[-3:] for path in (csv, shared)] == ["644", "640"]
    assert here_with_umask(0, home, "codes", "--list", "--format", "xlsx") == 0
    assert modes(home) == {}


def test_code_servers_write_for_their_user_alone(tmp_path: Path) -> None:
    script = "import importlib, os, sys\nos.umask(0)\nimportlib.import_module(sys.argv[1])\nprint(oct(os.umask(0)))"
    for module in ("pipelines.definitions", "pipelines.learning_definitions"):
        done = ended(process(tmp_path / "home", "-c", script, module))
        assert done.stdout.strip() == "0o77", done.stderr


def test_services_write_for_their_user_alone() -> None:
    units = sorted((REPOSITORY / "deploy" / "systemd").glob("*.service"))
    assert [unit.name for unit in units if "UMask=0077" not in unit.read_text()] == []
    assert "umask 077" in (REPOSITORY / "deploy" / "Dockerfile").read_text()


def examined(home: Home) -> tuple[bool, str]:
    found = json.loads(riskcode(home.root, "doctor", "--json").stdout)
    [access] = [one for one in found if one["check"] == "access"]
    return access["is_warning"], access["found"]


def test_the_doctor_names_what_others_can_read_and_the_command_that_closes_it(home: Home) -> None:
    log = home.logs / "runs.log"
    log.touch()
    log.chmod(0o644)
    assert not examined(home)[0], "the home lets nobody in"
    home.root.chmod(0o711)
    is_warning, told = examined(home)
    assert is_warning and f"{log}" in told and f"chmod -R go-rwx {home.root}" in told
    log.chmod(0o600)
    home.inbox.chmod(0o777)
    assert not examined(home)[0], "senders pass through the home to the inbox"
    home.root.chmod(0o755)
    assert examined(home) == (True, examined(home)[1]) and f"read {home.root}," in examined(home)[1]


def test_the_doctor_tells_of_a_warehouse_that_is_gone_before_a_run_begins_a_new_one(home: Home) -> None:
    home.published.write_bytes(b"what was published")
    found = json.loads(riskcode(home.root, "doctor", "--json").stdout)
    [acts] = [one for one in found if one["check"] == "acts"]
    assert not acts["ok"] and "restore FROM" in acts["found"]
