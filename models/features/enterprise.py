"""Features of the register row and of the self-inspection reports (S5)."""

import narwhals as nw

from models.features.asof import Frame, Moment, coded, count_if, known, sum_if
from models.vocabulary import HIGH_HAZARD_SECTORS

REGISTER_CATEGORIES = (
    "enterprise_id",
    "sector",
    "division",
    "enforcing_level",
    "status",
    "standardisation",
    "credit",
    "industry_division",
)
REGISTER_INTEGERS = ("employees", "major_hazard_source", "hazardous_processes", "high_hazard")


def register_features(enterprises: Frame, moment: Moment) -> Frame:
    """Inherent hazard and jurisdiction.  One row per enterprise known at ``known_at``.

    ``high_hazard`` is 1 for the six sectors of P2; ``industry_division`` the first two characters of the
    industry: the two digits of a GB/T 4754 division (大类) where the source gives such codes.  The name, the
    owner and the officers are not taken.
    """
    rows = known(enterprises, moment, happened=None)
    return rows.with_columns(
        high_hazard=coded("sector", dict.fromkeys(HIGH_HAZARD_SECTORS, 1)),
        industry_division=nw.col("industry").str.slice(0, 2),
    ).select(*REGISTER_CATEGORIES, *REGISTER_INTEGERS)


def self_report_features(reports: Frame, moment: Moment) -> Frame:
    """Self-inspection.  One row per enterprise that ever filed a report.

    Columns: ``self_reports_12m`` (reports), ``days_since_self_report`` (days), ``unfixed_self_hazards``
    (hazards the enterprise reported over 12 months less those it reported fixed).
    """
    rows = known(reports, moment, happened=nw.col("filed_on")).with_columns(
        age=moment.day - nw.col("filed_on")
    )
    year = nw.col("age") <= 365
    return rows.group_by("enterprise_id").agg(
        self_reports_12m=count_if(year),
        days_since_self_report=nw.col("age").min(),
        unfixed_self_hazards=sum_if(year, nw.col("hazards_found") - nw.col("hazards_fixed")),
    )
