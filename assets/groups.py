"""Groups of the nightly assets: who answers for them, and the one decorator each is declared with."""

import hashlib
from functools import partial
from pathlib import Path

from dagster import asset

from assets.partitions import AS_OF, POOL, TOGETHER


def method_version(*folders: str) -> str:
    """SHA-256 of the source of a method: with another one, what was made before is stale."""
    root, told = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        told.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return told.hexdigest()[:12]


nightly_asset = partial(
    asset, partitions_def=AS_OF, backfill_policy=TOGETHER, pool=POOL, kinds={"duckdb", "polars"}
)
"""An asset of a day, computed inside the warehouse; ``kinds`` says where it is not Polars alone."""

scoring_asset = partial(
    nightly_asset,
    group_name="scoring",
    owners=["team:risk-analysis"],
    code_version=method_version("models/coding", "models/features", "warehouse/coding"),
)
inspection_asset = partial(
    nightly_asset,
    group_name="inspection",
    owners=["team:enforcement"],
    code_version=method_version("models/planning", "warehouse/planning"),
)
