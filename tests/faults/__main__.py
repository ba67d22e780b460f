"""``python -m tests.faults``: let everything fail once that is outside the program, and tell what happened."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.cases import CASES
from tests.faults.site import Site, Skipped
from tests.kills.acts import city


def main() -> int:
    """Exit code 1 where something was lost, wrong or not told."""
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("--only", help="faults whose names hold this")
    options = asked.parse_args()
    began, table, wrong = time.monotonic(), list[str](), 0
    with tempfile.TemporaryDirectory(prefix="riskcode-faults-") as folder:
        of = city(Path(folder))
        for name, case in CASES.items():
            if (options.only or "") not in name:
                continue
            try:
                with Site(of, Path(folder)) as site:
                    case(site)
                    told, faults = site.told, site.wrong
            except Skipped as reason:
                told, faults = [("", f"skipped: {reason}")], list[str]()
            wrong += len(faults)
            table += [f"| {name} | {what} | {outcome} |" for what, outcome in told]
            print(f"{'✗' if faults else '✓'} {name}", *faults, sep="\n  ", file=sys.stderr)
    print("| fault | asked | what happened |\n|---|---|---|", *table, sep="\n")
    print(f"{time.monotonic() - began:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
