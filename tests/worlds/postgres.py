"""A PostgreSQL server of its own for a test, reached by a socket; a test without one is skipped with the reason."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDED = ("initdb", "postgres", "pg_isready")


def _programs() -> dict[str, str | None]:
    """Where the programs are: on the path, or where Debian puts them."""
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    return {name: shutil.which(name, path=os.pathsep.join(places)) for name in NEEDED}


@contextmanager
def server_of_its_own() -> Iterator[str]:
    """The URL of the server."""
    programs = _programs()
    if not all(programs.values()):
        pytest.skip("no PostgreSQL server is installed here: initdb, postgres and pg_isready are needed")
    # It refuses to run as root, and its user may not enter the folders of the tests.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        begin = [programs["initdb"], "-D", data, "-U", "riskcode", "--auth=trust", "-E", "UTF8", "--locale=C"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": "/"}
        subprocess.run(begin, check=True, **quiet)
        serve = [programs["postgres"], "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        serve += ["-c", "max_connections=250"]
        with subprocess.Popen(serve, **quiet) as running:
            try:
                ready = [programs["pg_isready"], "-h", folder, "-U", "riskcode", "-t", "1"]
                while subprocess.run(ready, **quiet).returncode:
                    assert running.poll() is None, "the server ended"
                yield f"postgresql://riskcode@/postgres?host={folder}"
            finally:
                running.terminate()
