"""The register row and the self-inspection reports (S5), and their features."""

from functools import partial

from models.features.feature import EventTable, Feature
from models.features.measures import Age, Inherent, Sum
from models.features.windows import YEAR, FeaturePolicy
from models.industries import CODE
from models.vocabulary import HIGH_HAZARD_SECTORS

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
        "licensed_activities",
        "employees",
        "major_hazard_source",
        "hazardous_processes",
    ),
)
_INDUSTRY = f"coalesce(nullif(regexp_extract(industry, '{CODE}', 1), ''), trim(industry))"
_ACTIVITIES = r"len(regexp_extract_all(licensed_activities, '[^;；]*[^;；\s][^;；]*'))"
_HIGH = ", ".join(f"'{sector}'" for sector in HIGH_HAZARD_SECTORS)
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
    _feature("industry", Inherent(says=_INDUSTRY), is_text=True).told(
        "",
        "Industry",
        "`enterprises.industry` as it is delivered; of GB/T 4754 the digits alone, without the letter and the name",
    ),
    _feature("industry_division", Inherent(says="substr(industry, 1, 2)"), is_text=True).told(
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
    _feature("licensed_activities", Inherent(says=_ACTIVITIES), "up").told(
        "activities",
        "Licensed activities",
        "number of activities in `enterprises.licensed_activities`; empty = unknown",
    ),
    _feature("hazardous_processes", Inherent(), "up").told(
        "processes", "Supervised hazardous processes", "`enterprises.hazardous_processes`"
    ),
    _feature(
        "high_hazard",
        Inherent(says=f"(CASE WHEN sector IN ({_HIGH}) THEN 1 ELSE 0 END)::BIGINT"),
        "up",
        most=1,
    ).told("0/1", "Sector of high hazard", "1 for the six sectors of P2"),
)


def _prepared_report(policy: FeaturePolicy) -> str:
    """Reports with the hazards reported but not reported fixed."""
    return "filed_on AS day, hazards_found - hazards_fixed AS unfixed"


SELF_REPORTS = EventTable(
    "self_reports",
    "filed_on",
    ("enterprise_id", "filed_on", "hazards_found", "hazards_fixed", "withdrawn_on"),
    _prepared_report,
)
_report = partial(Feature, "self_reports")
REPORT_COUNTS = (
    _report(
        "self_reports_12m",
        Sum(within=YEAR),
        acts="raise",
        barred="the number of reports is not their worth",
    ).told(
        "reports", "Self-inspection reports of 12 months", "self-inspection reports filed within 365 days"
    ),
    _report(
        "unfixed_self_hazards", Sum(of="unfixed", within=YEAR), barred="honest self-reports must not cost"
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
