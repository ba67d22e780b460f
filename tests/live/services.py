"""The services of an installation, started as ``deploy/systemd`` starts them, and started again when they end."""

import configparser
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from pipelines.cli.dev import free_port
from tests.live.clock import Clock
from tests.live.page import Page
from tests.worlds.runs import REPOSITORY, Done, of_process
from warehouse.home import Home

UNITS = REPOSITORY / "deploy" / "systemd"
CODE, LEARNING, DAEMON, WEBSERVER = "code", "learning", "daemon", "webserver"
PATIENCE_SECONDS = 120.0


class Services:
    """The services of one home.  ``folder``: sockets, logs and the clock; its path is short."""

    def __init__(self, home: Home, folder: Path, **settings: str) -> None:
        self.home, self.folder = home, folder
        self.clock = Clock(folder)
        self._settings, self._running = settings, dict[str, subprocess.Popen[bytes]]()
        self._logs = ExitStack()
        self._port = free_port(0)
        self.page = Page(f"http://127.0.0.1:{self._port}")
        workspace = (REPOSITORY / "deploy" / "workspace.yaml").read_text(encoding="utf-8")
        self._workspace = folder / "workspace.yaml"
        self._workspace.write_text(workspace.replace("/run/riskcode", str(folder)), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the installation finds in its environment."""
        settings = {"DAGSTER_HOME": str(self.home.dagster), **self._settings}
        return of_process(self.home.root, **settings, **self.clock.environment)

    def start(self, *names: str) -> None:
        """Start services; wait until they answer."""
        for name in names:
            log = self._logs.enter_context((self.folder / f"{name}.log").open("ab"))
            self._running[name] = self._begun(name, log)
        for name in names:
            waits_for(lambda name=name: self._answers(name), f"{name} to answer")

    def stop(self, *names: str, by: signal.Signals = signal.SIGTERM) -> None:
        """End services, and what they began."""
        for name in names:
            ending = self._running.pop(name)
            began = psutil.Process(ending.pid).children(recursive=True) if ending.poll() is None else []
            ending.send_signal(by)
            with suppress(subprocess.TimeoutExpired):
                ending.wait(60)
            for process in [*began, *([psutil.Process(ending.pid)] if ending.poll() is None else [])]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            ending.wait(10)

    def keep(self) -> list[str]:
        """Start again what ended, as systemd does.  Returns what it was."""
        ended = [name for name, one in self._running.items() if one.poll() is not None]
        for name in ended:
            self._running.pop(name)
        self.start(*ended)
        return ended

    def command(self, *arguments: str) -> Done:
        """A command of the command line, in this installation and by its clock."""
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", *arguments],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def worker(self) -> psutil.Process:
        """The process that executes a run now: it holds the warehouse, and is a child of the code server."""
        holder = psutil.Process(
            int(self.home.lock.with_suffix(".holder").read_text(encoding="utf-8").split()[1])
        )
        assert holder in psutil.Process(self._running[CODE].pid).children(recursive=True)
        return holder

    def said(self, name: str) -> str:
        """What a service wrote so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _begun(self, name: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.read(UNITS / f"riskcode-{name}.service", encoding="utf-8")
        here = {
            "/srv/riskcode-app/.venv/bin": str(Path(sys.executable).parent),
            "deploy/workspace.yaml": str(self._workspace),
            "/run/riskcode": str(self.folder),
            "-p 3000": f"-p {self._port}",
        }
        command = unit["Service"]["ExecStart"]
        for there, instead in here.items():
            command = command.replace(there, instead)
        return subprocess.Popen(
            shlex.split(command), env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log
        )

    def _answers(self, name: str) -> bool:
        assert self._running[name].poll() is None, f"{name} ended: {self.said(name)[-2000:]}"
        if name == WEBSERVER:
            return self.page.answers()
        if name == DAEMON:
            return "Instance is configured with the following daemons" in self.said(name)
        return "Started Dagster code server" in self.said(name)

    def close(self) -> None:
        """End everything."""
        for name in [*self._running]:
            with suppress(psutil.NoSuchProcess):
                self.stop(name, by=signal.SIGKILL)
        self._logs.close()


@contextmanager
def services(home: Home, folder: Path, **settings: str) -> Generator[Services]:
    """The services of a home, none of them started yet; all of them ended at the end."""
    of_home = Services(home, folder, **settings)
    try:
        yield of_home
    finally:
        of_home.close()


def waits_for(happened: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until something has happened.  Returns how long it took, in seconds."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() < began + seconds, f"waited {seconds:.0f} seconds for {what}"
        time.sleep(1)
    return time.monotonic() - began
