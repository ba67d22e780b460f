"""``python -m tests.kills --kills 200``: kill every act, so often in all, and tell what came of it."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.kills.acts import ACTS, city
from tests.kills.harness import Found, Harness


def main() -> int:
    """Exit code 1 where anything was lost, half done or not told."""
    asked = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    asked.add_argument("--kills", type=int, default=200, help="in all")
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--full", action="store_true", help="no space is left instead")
    asked.add_argument("--only", help="acts whose names hold this")
    options = asked.parse_args()
    acts = [act for act in ACTS if (options.only or "") in act.name]
    began, found = time.monotonic(), list[Found]()
    with tempfile.TemporaryDirectory(prefix="riskcode-kills-") as folder:
        of = city(Path(folder))
        for number, act in enumerate(acts):
            kills = options.kills * (number + 1) // len(acts) - options.kills * number // len(acts)
            last = None
            for last in Harness(of, Path(folder), seed=options.seed + number).kill(
                act, kills, full=options.full
            ):
                print(f"\r{last.act}: {last.kills} of {kills}", end="", file=sys.stderr, flush=True)
            assert last is not None
            found.append(last)
            print(f"\r{_line(last)}", file=sys.stderr)
            for wrong in last.wrong:
                print(f"  {wrong}", file=sys.stderr)
    print(
        "| act | changes of files | kills | found not done | found done | wrong |\n|---|---:|---:|---:|---:|---:|"
    )
    for one in found:
        print(f"| {_line(one)} |")
    kills, wrong = sum(one.kills for one in found), sum(len(one.wrong) for one in found)
    print(f"{kills} kills in {time.monotonic() - began:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


def _line(one: Found) -> str:
    return f"{one.act} | {one.changes} | {one.kills} | {one.not_done} | {one.done} | {len(one.wrong)}"


if __name__ == "__main__":
    sys.exit(main())
