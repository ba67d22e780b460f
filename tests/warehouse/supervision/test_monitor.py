"""What is measured after a coding, how it is kept by day, and the page about it."""

from collections.abc import Mapping
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from desk.pages import monitoring as page
from desk.say import monitoring as texts
from desk.say.monitoring import told
from models.errors import ScoreError, WarehouseError
from models.policy import load_policy
from models.supervision.drift import Measured
from tests.worlds.by_hand import row
from tests.worlds.deliveries import MAPPING, warehouse
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection, insert
from warehouse.questions.monitoring import findings, migration
from warehouse.supervision.acknowledge import acknowledge_alarm
from warehouse.supervision.measure import keep_measures, measure

DAY = date(2026, 6, 1)
FIRMS = 200
Key = tuple[str, str, str]

_SCORES = """
CREATE OR REPLACE TABLE risk.scores AS
SELECT 'E' || lpad(i::VARCHAR, 3, '0') AS enterprise_id, $as_of::DATE AS as_of,
       CASE WHEN i < $red THEN 40 ELSE 0 END::BIGINT AS complaints,
       CASE WHEN i < $red THEN 40 ELSE 0 END::BIGINT AS score, 'card' AS scorecard, 'f' AS fingerprint
FROM range(200) t(i);
"""
_CODES = """
CREATE OR REPLACE TABLE risk.codes AS
SELECT enterprise_id, as_of, CASE WHEN score > 0 THEN 'red' ELSE 'green' END AS code, score,
       false AS is_provisional, 'score' AS decided_by, 'starter' AS pack, '1' AS pack_version, 'h' AS pack_hash,
       fingerprint, $watermark::DATE AS data_watermark FROM risk.scores;
"""
_FEATURES = """
CREATE OR REPLACE TABLE risk.features AS
SELECT enterprise_id, as_of, CASE WHEN enterprise_id < 'E001' THEN '370102001' WHEN enterprise_id < 'E003'
       THEN '370102002000' WHEN enterprise_id < 'E100' THEN '370102' ELSE '370103' END AS division,
       'general' AS sector, 10::BIGINT AS employees, (substr(enterprise_id, 4)::BIGINT % 3) AS inspections_24m
FROM risk.scores;
"""
_ISSUED = """
INSERT OR REPLACE INTO ops.runs BY NAME
SELECT $as_of::VARCHAR AS run_id, $as_of::DATE AS as_of, $as_of::DATE AS known_at, now()::TIMESTAMP AS finished_at,
       'done' AS state, true AS is_issued, 0 AS stored_no, count(*) AS enterprises,
       count(*) FILTER (code = 'red') AS red, 0 AS yellow, 0 AS blue, count(*) FILTER (code = 'green') AS green,
       (SELECT coalesce(max(number), 0) + 1 FROM ops.runs) AS number
FROM risk.codes;
"""
_OPEN = """
INSERT INTO risk.code_history BY NAME
SELECT c.enterprise_id, c.as_of AS valid_from, DATE '9999-12-31' AS valid_to, c.code, h.code AS previous_code
FROM risk.codes c LEFT JOIN risk.code_history h ON h.enterprise_id = c.enterprise_id AND h.valid_to = c.as_of
WHERE h.code IS DISTINCT FROM c.code;
"""


def city() -> Connection:
    """A warehouse with factors that have titles and nothing else."""
    connection = warehouse()
    connection.execute(
        "CREATE TABLE risk.factors AS SELECT 'complaints' AS factor, '投诉' AS title_zh, 'Complaints' AS title_en"
    )
    return connection


def on(day: date, known_at: date | None = None) -> Coding:
    return Coding(day, known_at or day, load_policy().on(day))


def code(
    connection: Connection, day: date, *, red: int, watermark: date | None = None, issued: bool = True
) -> dict[Key, Measured]:
    """Code 200 enterprises, the first so many RED; measure; issue.  Returns the measures by key."""
    arguments = {"as_of": day}
    connection.execute(_SCORES, {**arguments, "red": red})
    connection.execute(_CODES, {"watermark": watermark or day})
    connection.execute(_FEATURES)
    found = {one.key: one for one in measure(connection, on(day), say=told)}
    if issued:
        connection.execute(
            "UPDATE risk.code_history h SET valid_to = $as_of FROM risk.codes c "
            "WHERE h.enterprise_id = c.enterprise_id AND h.code <> c.code AND h.valid_to = DATE '9999-12-31'",
            arguments,
        )
        connection.execute(_OPEN)
        connection.execute(_ISSUED, arguments)
        assert keep_measures(connection, on(day))
    return found


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def states(found: Mapping[Key, Measured], *metrics: str) -> dict[str, str]:
    return {name: found[name, "", ""].state for name in metrics}


def test_the_first_run_has_nothing_to_compare_with_and_raises_no_alarm_about_movement() -> None:
    found = code(city(), DAY, red=20)
    assert states(found, "codes_moved", "psi_score", "quiet_codes", "quiet_data", "flip_flops") == {
        "codes_moved": "unknown",
        "psi_score": "unknown",
        "quiet_codes": "ok",
        "quiet_data": "ok",
        "flip_flops": "unknown",
    }


def test_what_moved_is_measured_against_the_run_before_even_when_a_day_is_coded_again() -> None:
    connection = city()
    code(connection, DAY, red=20)
    for _ in range(2):
        found = code(connection, after(1), red=30)
        assert found["codes_moved", "", ""].value == 50
        assert found["codes_moved", "", ""].state == "alarm"
    moved = {
        (row["from_code"], row["to_code"]): row["enterprises"]
        for row in migration(connection)
        if row["enterprises"]
    }
    assert moved == {("red", "red"): 20, ("green", "red"): 10, ("green", "green"): 170}


def test_the_spread_is_compared_with_the_one_four_weeks_ago() -> None:
    connection = city()
    code(connection, DAY, red=20)
    code(connection, after(3), red=100)
    assert code(connection, after(28), red=100)["psi_score", "", ""].facts["baseline"] == DAY
    later = code(connection, after(31), red=100)
    assert later["psi_score", "", ""].facts["baseline"] == after(3)
    assert later["psi", "factor", "complaints"].value == 0


def test_data_that_stand_still_alarm_though_every_night_ran() -> None:
    connection = city()
    code(connection, DAY, red=20)
    assert code(connection, after(29), red=20, watermark=DAY)["quiet_data", "", ""].state == "ok"
    assert code(connection, after(30), red=20, watermark=DAY)["quiet_data", "", ""].state == "alarm"


def test_codes_that_stand_still_while_data_come_in_alarm() -> None:
    connection = city()
    code(connection, DAY, red=20)
    connection.execute(
        "INSERT INTO core.alerts BY NAME SELECT 'E001' AS enterprise_id, 's' AS source, i::VARCHAR AS alert_id, "
        "TIMESTAMP '2026-06-10 08:00' AS raised_at, 'red' AS level, DATE '2026-06-10' AS recorded_at, "
        "'s' AS source_system, 'sensor' AS kind, false AS is_false_alarm, "
        "DATE '2026-06-10' AS known_from, DATE '9999-12-31' AS known_to FROM range(100) t(i)"
    )
    found = code(connection, after(30), red=20)["quiet_codes", "", ""]
    assert (found.state, found.value, found.facts["events"]) == ("alarm", 30, 100)
    assert code(connection, after(31), red=21)["quiet_codes", "", ""].value == 0


def test_a_stream_that_dried_up_still_alarms_months_later() -> None:
    connection = city()
    # Ten accidents a day for two years, none since the first of April.
    connection.execute(
        "INSERT INTO core.accidents BY NAME "
        "SELECT 'E001' AS enterprise_id, 's' AS source, i || '/' || j AS accident_id, "
        "DATE '2026-04-01' - i::INT AS occurred_on, DATE '2026-04-01' - i::INT AS recorded_at, "
        "'general' AS grade, "
        "DATE '2026-04-01' - i::INT AS known_from, DATE '9999-12-31' AS known_to "
        "FROM range(730) a(i), range(10) b(j)"
    )
    stream = ("events_in", "table", "accidents")
    assert code(connection, date(2026, 4, 30), red=20)[stream].state == "ok"
    dry = code(connection, DAY, red=20)[stream]
    assert (dry.state, dry.value) == ("alarm", 0)
    # Dry since 120 days: 275 of the 365 days before the window had ten events each.
    later = code(connection, date(2026, 7, 30), red=20)[stream]
    assert (later.state, later.facts["usual"]) == ("alarm", 226)


def test_a_measure_that_is_gone_alarms_until_a_person_says_that_it_was_meant() -> None:
    connection = city()
    code(connection, DAY, red=20)
    connection.execute(
        "INSERT INTO ops.monitoring_history BY NAME SELECT as_of, 'psi' AS metric, 'factor' AS group_kind, "
        "'accidents' AS group_value, 0.01 AS value, 'ok' AS state FROM risk.codes LIMIT 1"
    )
    gone = ("missing", "psi", "factor/accidents")
    assert code(connection, after(1), red=20)[gone].state == "alarm"
    acknowledge_alarm(
        connection, "missing", by="Li", reason="factor left out of pack 2", group="factor/accidents"
    )
    assert gone not in code(connection, after(2), red=20)


def test_an_acknowledged_shift_starts_a_new_baseline_and_the_next_one_alarms_again() -> None:
    connection = city()
    code(connection, DAY, red=20)
    assert code(connection, after(1), red=120)["psi_score", "", ""].state == "alarm"
    [covered] = acknowledge_alarm(connection, "psi_score", by="Li", reason="pack 2 took effect")
    assert covered["as_of"] == after(1)
    assert code(connection, after(1), red=120)["psi_score", "", ""].state == "acknowledged"
    assert code(connection, after(2), red=120)["psi_score", "", ""].state == "ok"
    assert code(connection, after(3), red=20)["psi_score", "", ""].state == "alarm"


def test_only_an_alarm_can_be_acknowledged_and_only_with_a_reason() -> None:
    connection = city()
    with pytest.raises(WarehouseError, match="Nothing was measured yet"):
        acknowledge_alarm(connection, "parity", by="Li", reason="looked at all of it")
    code(connection, DAY, red=20)
    with pytest.raises(
        WarehouseError, match="No alarm codes_moved on 2026-06-01; that day has: red_rate/370102"
    ):
        acknowledge_alarm(connection, "codes_moved", by="Li", reason="looked at all of it")
    with pytest.raises(WarehouseError, match="2 characters"):
        acknowledge_alarm(connection, "red_rate", by="Li", reason="ok")


def test_an_alarm_knows_since_when_it_stands_without_a_break() -> None:
    connection = city()
    for days, red in ((0, 20), (1, 0), (2, 20), (3, 20)):
        code(connection, after(days), red=red)
    [row] = [row for row in findings(connection) if row["group_value"] == "370102"]
    assert (row["state"], row["since"]) == ("alarm", after(2))


def test_a_replay_of_an_earlier_day_is_measured_and_leaves_the_history_as_it_was() -> None:
    connection = city()
    code(connection, DAY, red=20)
    code(connection, after(2), red=20)
    kept = connection.execute("FROM ops.monitoring_history ORDER BY ALL").fetchall()
    found = code(connection, after(1), red=40, issued=False)
    assert found["codes_moved", "", ""].value == 100
    assert connection.execute("FROM ops.monitoring_history ORDER BY ALL").fetchall() == kept


def test_legal_forms_are_compared_where_they_are_delivered() -> None:
    connection = city()
    assert not [key for key in code(connection, DAY, red=40) if key[1] == "legal_form"]
    firms = connection.execute("SELECT enterprise_id, code FROM risk.codes").fetchall()
    told = [
        row(
            "enterprises",
            0,
            enterprise_id=one,
            source="a",
            recorded_at=DAY,
            legal_form="个体工商户" if colour == "red" else "有限责任公司 ",
        )
        for one, colour in firms
    ]
    fill(connection, {"enterprises": canonical("enterprises", told)}, received_on=DAY)
    found = code(connection, after(1), red=40)
    forms = {key[2]: one for key, one in found.items() if key[1] == "legal_form"}
    assert {form: (one.value, one.state) for form, one in forms.items()} == {
        "个体工商户": (1.0, "alarm"),
        "有限责任公司": (0.0, "alarm"),
    }


NIGHTS = ("nights_missed", "nights_late")


def a_night(connection: Connection, days: int, *, hours: int = 2, issued: bool = True) -> dict[Key, Measured]:
    """Code a day, its run finished so many hours after the day began."""
    found = code(connection, after(days), red=20, issued=issued)
    day = {"day": after(days), "hours": hours}
    connection.execute("UPDATE ops.runs SET finished_at = as_of + to_hours($hours) WHERE as_of = $day", day)
    return found


def test_a_night_that_was_missed_alarms_until_it_is_acknowledged_and_the_day_coded_is_none_yet() -> None:
    connection = city()
    first = a_night(connection, 0)
    assert states(first, *NIGHTS) == dict.fromkeys(NIGHTS, "unknown"), "no night before"
    assert states(a_night(connection, 1), *NIGHTS) == dict.fromkeys(NIGHTS, "ok")
    a_night(connection, 3, hours=56)
    found = a_night(connection, 4)
    missed, late = (found[name, "", ""] for name in NIGHTS)
    assert (missed.value, missed.state, missed.facts["days"]) == (1, "alarm", f"{after(2)}")
    assert (late.value, late.state, late.facts["days"]) == (1, "ok", f"{after(3)}")
    assert late.facts["looked"] == 4
    acknowledge_alarm(connection, "nights_missed", by="Li", reason="the power was cut that night")
    assert a_night(connection, 4)["nights_missed", "", ""].state == "acknowledged"
    assert a_night(connection, 5)["nights_missed", "", ""].value == 0
    assert a_night(connection, 7)["nights_missed", "", ""].facts["days"] == f"{after(6)}"


def test_a_replay_finds_the_nights_that_its_day_found() -> None:
    connection = city()
    a_night(connection, 0)
    then = a_night(connection, 2)
    for days in (3, 6, 40):
        a_night(connection, days, hours=66)
    again = a_night(connection, 2, issued=False)
    assert [again[name, "", ""] for name in NIGHTS] == [then[name, "", ""] for name in NIGHTS]
    assert then["nights_missed", "", ""].facts["days"] == f"{after(1)}"


def test_a_closed_archive_has_no_nights() -> None:
    connection = city()
    insert(connection, "ops.mappings", hash="m", name="bureau", text=f"{MAPPING}archive_ends: {DAY}\n")
    insert(connection, "ops.deliveries", delivery_id="d", number=1, source="bureau", mapping_hash="m")
    for days in (0, 5):
        assert not {(name, "", "") for name in NIGHTS} & {*a_night(connection, days)}


def test_codes_and_features_of_different_days_are_not_measured() -> None:
    connection = city()
    code(connection, DAY, red=20)
    with pytest.raises(ScoreError, match="Materialise what lies upstream"):
        measure(connection, on(after(1)), say=told)


def test_what_was_shown_for_part_of_a_day_is_no_flip_flop() -> None:
    connection = city()
    code(connection, DAY, red=20)
    connection.execute(
        "UPDATE risk.code_history SET valid_to = DATE '2026-06-05' WHERE enterprise_id = 'E150';"
        "INSERT INTO risk.code_history BY NAME SELECT 'E150' AS enterprise_id, DATE '2026-06-05' AS valid_from, "
        "DATE '2026-06-05' AS valid_to, 'red' AS code;"
        "INSERT INTO risk.code_history BY NAME SELECT 'E150' AS enterprise_id, DATE '2026-06-05' AS valid_from, "
        "DATE '9999-12-31' AS valid_to, 'green' AS code"
    )
    assert code(connection, after(100), red=20)["flip_flops", "", ""].facts["flips"] == 0


def test_codes_that_went_and_came_back_are_counted_with_todays() -> None:
    connection = city()
    for days, red in ((0, 20), (50, 22), (100, 20)):
        found = code(connection, after(days), red=red)
    assert found["flip_flops", "", ""].facts["flips"] == 2


# ----------------------------------------------------------------------------------------- the page


class _Page(HTMLParser):
    """What a page asks the network for, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "link", "iframe"):
            self.asked.append(tag)
        self.asked += [
            value for name, value in attrs if name in ("href", "src") and value and value[0] != "#"
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_begins_with_the_alarms_and_needs_no_network() -> None:
    connection = city()
    code(connection, DAY, red=20)
    code(connection, after(1), red=30)
    for language, first, said in (
        ("en", "alarms", "10 of 200 enterprises changed their code in 1 days"),
        ("zh", "项警报", "200 家企业中有 10 家变码"),
    ):
        made = _Page(page.render(connection, language=language))
        assert made.asked == []
        assert made.text.index(first) < made.text.index(said)
        assert "2026-06-02" in made.text
        assert "Lixia" in made.text or "历下区" in made.text


def test_all_green_says_so_and_one_run_alone_is_drawn_too() -> None:
    connection = city()
    code(connection, DAY, red=0)
    assert [row for row in findings(connection) if row["state"] == "alarm"] == []
    assert "All is well: no alarm." in page.render(connection, language="en")


def test_an_unmeasured_copy_says_what_to_do() -> None:
    with pytest.raises(WarehouseError, match="riskcode run"):
        findings(warehouse())


def test_every_measure_has_a_title_and_a_sentence() -> None:
    assert set(texts.SENTENCES) == set(texts.TITLES)
