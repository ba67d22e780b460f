"""Measures that compare groups: stability of the top, parity, order within a group."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.feedback import Keys, Numbers, keyed
from models.learning.metrics import checked, count, ranks, ratio, share, wilson_ends

PARITY_COLUMNS = (
    *("group", "n", "flagged", "flagged_share", "ratio", "labelled", "positives"),
    *("precision", "precision_low", "precision_high", "miss_rate", "miss_low", "miss_high"),
    "false_positive_rate",
)


@dataclass(frozen=True)
class Stability:
    """Movement of codes: shares of firms with the same code, and with one two or three bands away."""

    unchanged: float
    moved_two: float


def within_group_auc(score: Numbers, label: Numbers, group: Keys) -> tuple[float, int]:
    """AUC over the pairs of a positive and a negative of the same group, and how many such pairs there are.

    With the inspecting team as group it shows what is left when who inspects cannot help.  Every pair counts
    the same, half where tied; rows of an unknown group (None) are left out.
    """
    score, label = checked(score, label)
    ranked = (
        pl.DataFrame({"score": score, "label": label, "group": keyed(group, len(score))})
        .filter(pl.col("label").is_not_nan(), pl.col("group").is_not_null())
        .with_columns(rank=pl.col("score").rank("average").over("group"), positive=pl.col("label") == 1)
    )
    # Mann-Whitney: a positive's rank counts the rows of its group below it, other positives included.
    groups = ranked.group_by("group").agg(
        ranks=(pl.col("rank") * pl.col("positive")).sum(),
        positives=pl.col("positive").sum().cast(pl.Int64),
        negatives=(~pl.col("positive")).sum().cast(pl.Int64),
    )
    positives = groups["positives"]
    concordant = float((groups["ranks"] - positives * (positives + 1) / 2).sum())
    pairs = int((positives * groups["negatives"]).sum())
    return ratio(concordant, pairs), pairs


def stability(before: Keys, after: Keys) -> Stability:
    """How far the codes of the same firms moved; element by element the same firm, codes as stored.

    Raises:
        ValueError: a code is none of ``CODE_KEYS``.
    """
    moved = np.abs(ranks(before) - ranks(after))
    if not len(moved):
        return Stability(np.nan, np.nan)
    return Stability(unchanged=float((moved == 0).mean()), moved_two=float((moved >= 2).mean()))


def jaccard_top(score_a: Numbers, score_b: Numbers, k: int) -> float:
    """Firms in both top lists over firms in either; each holds the ``k`` highest and ties with its last.

    Raises:
        ValueError: ``k`` is below 1 or above the number of firms.
    """
    if len(score_a) != len(score_b) or not 1 <= k <= len(score_a):
        raise ValueError(f"No top {k} of {len(score_a)} and {len(score_b)} firms. Compare the same firms.")
    top_a, top_b = (
        score >= np.partition(score, len(score) - k)[len(score) - k] for score in (score_a, score_b)
    )
    return float((top_a & top_b).sum() / (top_a | top_b).sum())


def parity_table(frame: pl.DataFrame) -> pl.DataFrame:
    """Whether groups (districts, sizes, ownership) are flagged alike and with the same errors.

    ``frame`` has one row per firm: ``group``, ``flagged`` (Boolean), ``label`` (1, 0, null for unknown).

    Grain: one row per group, sorted: ``n``, ``flagged`` (firms), ``flagged_share``, ``ratio`` of it to that
    of all firms, ``labelled``, ``positives`` (firms), ``precision`` (positives among flagged labelled),
    ``miss_rate`` (positives not flagged), each with its Wilson 95 % interval ``_low``, ``_high``, and
    ``false_positive_rate`` (negatives flagged).  Shares over no firms are null, with
    the interval 0 to 1.
    """
    hit, flagged = pl.col("label") == 1, pl.col("flagged")
    table = (
        frame.group_by("group")
        .agg(
            n=pl.len().cast(pl.Int64),
            flagged=count(flagged),
            labelled=count(pl.col("label").is_not_null()),
            positives=count(hit),
            right=count(flagged & hit),
            wrong=count(flagged & (pl.col("label") == 0)),
        )
        .with_columns(judged=pl.col("right") + pl.col("wrong"), missed=pl.col("positives") - pl.col("right"))
        .sort("group")
    )
    overall = share(pl.col("flagged").sum(), pl.col("n").sum())
    return table.with_columns(
        *wilson_ends(table, "right", "judged", "precision_low", "precision_high"),
        *wilson_ends(table, "missed", "positives", "miss_low", "miss_high"),
        flagged_share=share(pl.col("flagged"), pl.col("n")),
        ratio=share(share(pl.col("flagged"), pl.col("n")), overall),
        precision=share(pl.col("right"), pl.col("judged")),
        miss_rate=share(pl.col("missed"), pl.col("positives")),
        false_positive_rate=share(pl.col("wrong"), pl.col("labelled") - pl.col("positives")),
    ).select(PARITY_COLUMNS)
