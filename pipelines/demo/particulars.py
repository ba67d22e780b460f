"""What visits need to know of the firms of the demo city: where, whom to ask for, what they are and have.

All of it is invented, and caused by nothing: no score reads it.
"""

import numpy as np
import polars as pl

from models.vocabulary import JINAN_DIVISIONS
from pipelines.demo.period import Days
from pipelines.demo.trades import DISTRICTS

_STREETS = ("工业北路", "经十东路", "华能路", "世纪大道", "科创路", "开源路", "新城大街")
_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙")
_GIVEN = ("建国", "志强", "海燕", "晓东", "丽华", "振宇", "文静", "学军")
_FORMS = ("有限责任公司（自然人投资或控股）", "有限责任公司（法人独资）", "个人独资企业", "股份有限公司")
_SUBSTANCES = ("甲醇", "液氨", "乙炔;氧气（压缩的）", "天然气", "盐酸;硫酸", "液氯")


def particulars(rng: np.random.Generator, district: Days, hazard_source: pl.Series) -> list[pl.Series]:
    """Columns beside those that codes rest on, one element per firm; each with gaps."""
    count = len(district)
    places = [JINAN_DIVISIONS[item.code][0] for item in DISTRICTS]
    streets, numbers = rng.integers(0, len(_STREETS), count), rng.integers(1, 900, count)
    address = [
        f"济南市{places[d]}{_STREETS[s]}{n}号" for d, s, n in zip(district, streets, numbers, strict=True)
    ]
    names = zip(rng.integers(0, len(_SURNAMES), count), rng.integers(0, len(_GIVEN), count), strict=True)
    # 0531-8 and six digits that no exchange has given out: they begin with 000.
    phones = [f"0531-8000{number:04d}" for number in rng.integers(0, 10_000, count)]
    has_source = hazard_source.fill_null(0) > 0
    classes = np.select(
        [hazard_source.fill_null(0).is_in([1, 2]), has_source, rng.random(count) < 0.3],
        ["major", "considerable", "moderate"],
        "low",
    )
    substances = pl.Series(np.array(_SUBSTANCES)[rng.integers(0, len(_SUBSTANCES), count)])
    columns = {
        "address": pl.Series(address),
        "contact": pl.Series([_SURNAMES[a] + _GIVEN[b] for a, b in names]),
        "phone": pl.Series(phones),
        "legal_form": pl.Series(np.array(_FORMS)[rng.integers(0, len(_FORMS), count)]),
        "inherent_risk": pl.Series(classes),
        "substances": substances.set(~has_source, None),
    }
    return [
        values.set(pl.Series(rng.random(count) < 0.15), None).alias(name) for name, values in columns.items()
    ]
