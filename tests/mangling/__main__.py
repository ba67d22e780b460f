"""``python -m tests.mangling [SEEDS]``: the list of damages, or so many manglings and what of them was silent."""

import sys
import tempfile
from pathlib import Path

from tests.mangling.every import DAMAGES, Mangler

if len(sys.argv) > 1:
    with tempfile.TemporaryDirectory() as folder:
        mangler = Mangler(Path(folder))
        for seed in range(int(sys.argv[1])):
            if silent := mangler.silent(seed):
                print(silent, flush=True)
        print(
            f"{mangler.tried:,} manglings, {mangler.changed:,} changed accepted rows, {mangler.mute:,} silent"
        )
else:
    for kind in DAMAGES.values():
        print(f"{kind.name}: {kind.sentence} ({', '.join(kind.kinds)})")
