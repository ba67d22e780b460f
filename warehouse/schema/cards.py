"""Tables of fitted cards, evaluations and promotions."""

import polars as pl

CARD_TABLES: dict[str, dict[str, type[pl.DataType]]] = {
    "risk.probabilities": {
        "enterprise_id": pl.String,
        "as_of": pl.Date,
        "label": pl.String,
        "card_id": pl.String,
        "base_rate": pl.Float64,
        "probability": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "wording_zh": pl.String,
        "wording_en": pl.String,
    },
    "risk.rates": {
        "enterprise_id": pl.String,
        "cell": pl.String,
        "visits": pl.Int64,
        "serious": pl.Int64,
        "peer_rate": pl.Float64,
        "rate": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "among_worst": pl.Float64,
        "as_of": pl.Date,
    },
}
"""Tables a fitted card fills; they are there, and empty, while the expert pack is in force."""
