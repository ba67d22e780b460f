"""``python -m tests.mutation PLACE``: mutate an area, a folder or a file, and tell what no test notices."""

import argparse
import sys
from pathlib import Path

from tests.mutation import report as told
from tests.mutation.areas import REPOSITORY, SURVIVORS, place, plan
from tests.mutation.mutants import mutants_of, sample, worth
from tests.mutation.work import Work


def main() -> int:
    """0 when the place was told about; 2 where it is none, or mutmut could not run."""
    asked = _arguments()
    try:
        where = place(asked.place)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    work = Work(where, plan(), anew=asked.anew)
    with work.entered():
        every = [
            m for file in where.files() for m in mutants_of(file, Path(file).read_text(encoding="utf-8"))
        ]
    made = worth(every, plan().left_out)
    chosen = sample(made, asked.sample)
    if not asked.report:
        work.forget_what_may_have_changed()
        known = work.verdicts(chosen)
        pending = [mutant for mutant in chosen if mutant.name not in known]
        print(f"{where.name}: {len(pending):,} of {len(made):,} mutants to test", file=sys.stderr, flush=True)
        if pending and work.run(pending) and not work.verdicts(pending):
            print(f"mutmut could not run; {work.log.relative_to(REPOSITORY)} says why", file=sys.stderr)
            return 2
    files = where.files()
    judged = [one for one in told.listed(SURVIVORS) if one.where.split(" ")[0] in files]
    result = told.report(where.name, made, chosen, work.verdicts(made), judged)
    print(told.as_json(result) if asked.json else "\n".join(told.lines(result)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument(
        "place", metavar="PLACE", help=f"one of {', '.join(plan().areas)}; or a folder or file"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants, the same ones every time")
    parser.add_argument("--json", action="store_true", help="print every mutant for machines")
    parser.add_argument("--report", action="store_true", help="tell what is known, test nothing")
    parser.add_argument("--anew", action="store_true", help="forget what was found before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
