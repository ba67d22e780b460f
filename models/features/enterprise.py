"""The register row and the self-inspection reports (S5), and their features."""

from functools import partial

import narwhals as nw

from models.features.asof import Frame, Moment, coded, known
from models.features.feature import EventTable, Feature
from models.features.measures import Age, Count, Inherent, Total
from models.features.windows import YEAR, FeaturePolicy
from models.vocabulary import HIGH_HAZARD_SECTORS


def registered(enterprises: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """The register: one row per enterprise known at ``known_at``."""
    return known(enterprises, moment, happened=None)


ENTERPRISES = EventTable(
    "enterprises",
    "",
    (
        "enterprise_id",
        "sector",
        "division",
        "enforcing_level",
        "status",
        "standardisation",
        "credit",
        "industry",
        "employees",
        "major_hazard_source",
        "hazardous_processes",
    ),
    registered,
)
_feature = partial(Feature, "enterprises")
_text = partial(_feature, measure=Inherent(), is_text=True)
CATEGORIES = (
    _text("enterprise_id", barred="names the enterprise").told("", "Enterprise", "the enterprise; key"),
    _text("sector").told("", "Inherent hazard of the sector", "`enterprises.sector`; empty = unknown"),
    _text("division", barred="territory stands for who inspects there").told(
        "", "Division", "`enterprises.division`; used by no score"
    ),
    _text("enforcing_level", barred="the level stands for who inspects").told(
        "", "Enforcing level", "`enterprises.enforcing_level`; used by no score"
    ),
    _text("status", barred="decides who is coded, not how risky it is").told(
        "", "Status", "`enterprises.status`; used by no score"
    ),
    _text("standardisation").told("", "Work-safety standardisation grade", "`enterprises.standardisation`"),
    _text("credit").told("", "Public credit grade", "`enterprises.credit`"),
    _feature("industry_division", Inherent(nw.col("industry").str.slice(0, 2)), is_text=True).told(
        "",
        "Industry division",
        "first two characters of `enterprises.industry`: the GB/T 4754 division (大类)",
    ),
)
INHERENT = (
    _feature("employees", Inherent(), "up").told(
        "people", "Number of people exposed", "`enterprises.employees`"
    ),
    _feature("major_hazard_source", Inherent(), most=4).told(
        "grade", "Grade of the major hazard source", "`enterprises.major_hazard_source`"
    ),
    _feature("hazardous_processes", Inherent(), "up").told(
        "processes", "Supervised hazardous processes", "`enterprises.hazardous_processes`"
    ),
    _feature(
        "high_hazard", Inherent(coded("sector", dict.fromkeys(HIGH_HAZARD_SECTORS, 1))), "up", most=1
    ).told("0/1", "Sector of high hazard", "1 for the six sectors of P2"),
)


def standing_reports(reports: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Reports that stand, with their age in days and the hazards reported but not reported fixed."""
    return known(reports, moment, happened=nw.col("filed_on")).with_columns(
        age=moment.day - nw.col("filed_on"), unfixed=nw.col("hazards_found") - nw.col("hazards_fixed")
    )


SELF_REPORTS = EventTable(
    "self_reports",
    "filed_on",
    ("enterprise_id", "filed_on", "hazards_found", "hazards_fixed", "withdrawn_on"),
    standing_reports,
)
_report = partial(Feature, "self_reports")
REPORT_COUNTS = (
    _report(
        "self_reports_12m",
        Count(within=YEAR),
        acts="raise",
        barred="the number of reports is not their worth",
    ).told(
        "reports", "Self-inspection reports of 12 months", "self-inspection reports filed within 365 days"
    ),
    _report(
        "unfixed_self_hazards", Total("unfixed", within=YEAR), barred="honest self-reports must not cost"
    ).told(
        "hazards",
        "Hazards reported, not fixed",
        "reported by the enterprise within 365 days and not yet fixed",
    ),
)
SINCE_REPORTS = (
    _report("days_since_self_report", Age(), "up", "lower").told(
        "days", "Self-inspection reports", "age of the last self-inspection report"
    ),
)
