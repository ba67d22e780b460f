"""Groups of the nightly assets: who answers for them, and the one decorator each is declared with."""

from functools import partial

from dagster import asset

from assets.partitions import AS_OF, POOL, TOGETHER

nightly_asset = partial(
    asset, partitions_def=AS_OF, backfill_policy=TOGETHER, pool=POOL, kinds={"duckdb", "polars"}
)
"""An asset of a day, computed inside the warehouse; ``kinds`` says where it is not Polars alone."""

scoring_asset = partial(nightly_asset, group_name="scoring", owners=["team:risk-analysis"])
inspection_asset = partial(nightly_asset, group_name="inspection", owners=["team:enforcement"])
# No pool: it holds the warehouse for moments only, and nights go on beside it.
learning_asset = partial(asset, partitions_def=AS_OF, group_name="learning", owners=["team:risk-analysis"])
