"""A folder for mutmut, apart from the checkout: links to the sources, its configuration, the copies it mutates.

The folder keeps what is known, so that a run goes on where it was stopped.  A killed mutant stays killed while its
function stays as it is; whatever else is known is asked again when any source or test has changed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mutation.areas import PACKAGES, REPOSITORY, Place, Plan
from tests.mutation.mutants import Mutant

READ_BY_TESTS = ("tests", "docs")
"""Folders beside the packages that tests need."""

FOLDER = REPOSITORY / ".mutants"
KILLED, SURVIVED, TIMED_OUT, NO_TEST = "killed", "survived", "timed out", "no test"
CODES = {0: SURVIVED, 5: NO_TEST, 33: NO_TEST, 24: TIMED_OUT, -24: TIMED_OUT, 152: TIMED_OUT, -9: TIMED_OUT}
"""What an exit code of mutmut's workers means; any other says that tests failed, or that nothing loads."""
_MADE, _OURS = (".pyc", ".mo"), "tests/mutation/"
_LEAST_SECONDS, _TIMES_AS_LONG, _TELL_EVERY_SECONDS = 4, 5, 5
_NOT_BEFORE_IMPORT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "ignore",
}
"""Threads that a library starts when it is imported would be missing in what is forked from it."""


class Work:
    """The folder of a place.  ``anew`` forgets what was known."""

    def __init__(self, place: Place, plan: Plan, *, anew: bool = False) -> None:
        self.place, self.plan, self.folder = place, plan, FOLDER / place.name
        self.log = self.folder / "mutmut.log"
        self._seen, self._mutants = self.folder / "seen.json", self.folder / "mutants"
        if anew:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._mutants.mkdir(parents=True, exist_ok=True)
        for name in (*PACKAGES, *READ_BY_TESTS):
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(REPOSITORY / name, target_is_directory=True)
        (self.folder / "preload.txt").write_text("\n".join(plan.preload), encoding="utf-8")
        project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
        (self.folder / "pyproject.toml").write_text(project + self._configuration(), encoding="utf-8")

    @contextmanager
    def entered(self) -> Generator[None]:
        """Within the folder: mutmut reads its configuration from where it is."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(before)

    def verdicts(self, mutants: Iterable[Mutant]) -> dict[str, str]:
        """What is known of mutants by their names: nothing where their function has changed since."""
        codes, digests = dict[str, int | None](), dict[str, str]()
        for meta in self._mutants.rglob("*.meta"):
            known = json.loads(meta.read_text(encoding="utf-8"))
            codes |= known["exit_code_by_key"]
            module = meta.relative_to(self._mutants).with_suffix("").as_posix()
            digests |= {f"{module} {name}": digest for name, digest in known["hash_by_function_name"].items()}
        return {
            mutant.name: CODES.get(code, KILLED)
            for mutant in mutants
            if (code := codes.get(mutant.name)) is not None
            and digests.get(f"{mutant.file} {mutant.mangled}") == mutant.digest
        }

    def forget_what_may_have_changed(self) -> None:
        """After a change of sources or tests: everything but the kills; mutmut itself asks changed functions again."""
        now = _fingerprint(self.place, self.plan)
        before = json.loads(self._seen.read_text(encoding="utf-8")) if self._seen.exists() else None
        for path in self._mutants.iterdir():
            if path.name != "mutmut-stats.json" and path.name != "seconds.json":
                _without_copies(path)
            elif now != before:
                path.unlink()
        if now == before:
            return
        for meta in self._mutants.rglob("*.meta"):
            known = json.loads(meta.read_text(encoding="utf-8"))
            codes = known["exit_code_by_key"]
            kept = {name: code if CODES.get(code, KILLED) == KILLED else None for name, code in codes.items()}
            meta.write_text(json.dumps(known | {"exit_code_by_key": kept}), encoding="utf-8")
        self._seen.write_text(json.dumps(now), encoding="utf-8")

    def run(self, mutants: Sequence[Mutant]) -> int:
        """Let mutmut test these mutants; its exit code.  What it says goes to ``mutmut.log``."""
        names = [mutant.name for mutant in mutants]
        with self.log.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / "mutmut"), "run", "--max-children", "1", *names],
                cwd=self.folder,
                env={**os.environ, **_NOT_BEFORE_IMPORT, "CI": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                while process.poll() is None:
                    self._tell_how_far(mutants)
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(_TELL_EVERY_SECONDS)
            except KeyboardInterrupt:
                # It was interrupted as well, and writes down what it knows.
                process.wait()
            return process.returncode

    def _tell_how_far(self, mutants: Sequence[Mutant]) -> None:
        if sys.stderr.isatty():
            print(f"{len(self.verdicts(mutants)):,} tested", end="\r", file=sys.stderr, flush=True)

    def _configuration(self) -> str:
        packages = sorted({source.split("/")[0] for source in self.place.sources})
        others = [folder for folder in (*PACKAGES, *READ_BY_TESTS) if folder not in packages]
        settings: dict[str, object] = {
            "source_paths": packages,
            "only_mutate": self.place.files(),
            "also_copy": others,
            "do_not_mutate_patterns": list(self.plan.lines_left_out),
            "pytest_add_cli_args_test_selection": list(self.place.tests),
            "pytest_add_cli_args": ["-p", "tests.mutation.order"],
            "timeout_constant": float(_LEAST_SECONDS + self.place.fixture_seconds),
            "timeout_multiplier": float(_TIMES_AS_LONG),
            "process_isolation": "forkserver",
            "forkserver_warmup": "import",
            "preload_modules_file": "preload.txt",
            "track_dependencies": False,
            "use_git_change_detection": False,
            "on_dependency_change": "ignore",
            # Else nobody learns why the tests of what was not changed failed.
            "debug": True,
        }
        # What TOML and JSON write alike: texts, numbers, truth values and lists of texts.
        return "\n[tool.mutmut]\n" + "".join(
            f"{key} = {json.dumps(value)}\n" for key, value in settings.items()
        )


def _without_copies(path: Path) -> None:
    """Only what is known of mutants stays, so that every file is copied and mutated anew."""
    if path.is_dir():
        for inside in path.iterdir():
            _without_copies(inside)
    elif path.suffix != ".meta":
        path.unlink()


def _fingerprint(place: Place, plan: Plan) -> str:
    """Of all sources, of the tests of the place and of what tests share; not of other tests."""
    digest = hashlib.sha256(repr((place, plan.lines_left_out, plan.preload)).encode())
    for folder in (*PACKAGES, "tests"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            name = path.relative_to(REPOSITORY).as_posix()
            other = path.name.startswith("test_") and not name.startswith(place.tests)
            if path.is_file() and not other and path.suffix not in _MADE and not name.startswith(_OURS):
                digest.update(name.encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
