"""The map: the visits of a day as points in the order of each tour, over what the authority drew of its own ground.

It is the day once more (``day_asked``), so nobody sees more here.  Nothing of it comes from another host, but for
tiles where ``RISKCODE_TILES`` names one: then pictures of that host alone are let through, on this page alone.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from desk.files.tables import as_json
from desk.say.visits import crews_of
from desk.web.asking import Somebody, for_programs, page_and_json
from desk.web.day import Of, OfCrew, On, day_asked
from desk.words.words import Words
from models.field.states import VISIT_STATE as LEDGER_STATE
from models.gcj02 import gcj02
from models.vocabulary import CODE
from warehouse.database.reading import Row
from warehouse.home import Home
from warehouse.questions.ground import ground

router = APIRouter()

_NAVIGATION = "https://uri.amap.com/navigation?to={},{}&mode=car&coordinate=gaode"
"""Where a link for navigation leads, with the place in GCJ-02 and nothing that tells who is visited."""
_DIGITS = 6
"""Of a degree; the last is a tenth of a metre."""


@page_and_json(router, "/map")
def map_of_day(asking: Somebody, on: On = "", of: Of = None, crew: OfCrew = "") -> Response:
    """The visits of a day by crew, with where they are and how navigation finds them; those without a place too."""
    asked = day_asked(asking, on, of, crew)
    found = [_stop(row) for row in asked.visits]
    told: Row = {**asked.told, "visits": found, "ground_refused": _refused(asking.desk.home, asking.words)}
    tiles = asking.desk.tiles
    crews = crews_of(found)
    return asking.answer(
        "map.html",
        told,
        headers={"content-security-policy": tiles.policy} if tiles else None,
        choices=asked.choices,
        crews=crews,
        tours=[[_point(row, asking.words) for row in stops if row["gcj02"]] for _, stops in crews],
        tiles=tiles,
        ledger_codes=LEDGER_STATE,
    )


@for_programs(router, "/map/ground.json", "GET")
def ground_of_home(asking: Somebody) -> Response:
    """What the authority drew of its own ground, as one GeoJSON of WGS 84; files that are none are left out."""
    told = {"type": "FeatureCollection", "features": ground(asking.desk.home).features}
    return Response(as_json(told, indent=None), media_type="application/json")


def _stop(row: Row) -> Row:
    """A visit of the day as the map needs it; ``gcj02``: longitude and latitude for Chinese navigation."""
    names = (
        *("visit_id", "planned_on", "level", "division", "crew_id", "stop", "enterprise_id", "name"),
        *("address", "place", "code", "longitude", "latitude", "metres", "ledger"),
    )
    is_known = None not in (row["longitude"], row["latitude"])
    shifted = [round(one, _DIGITS) for one in gcj02(row["longitude"], row["latitude"])] if is_known else None
    link = _NAVIGATION.format(*shifted) if shifted else None
    return {**{name: row[name] for name in names}, "gcj02": shifted, "navigation": link}


def _point(row: Row, words: Words) -> Row:
    """What the script draws and says of a visit."""
    stop, code = words("stop {n}", n=row["stop"]), words.label(CODE, row["code"])
    return {
        "stop": row["stop"],
        "at": [row["latitude"], row["longitude"]],
        "code": row["code"] or "",
        "anchor": f"s-{row['visit_id']}",
        "title": " · ".join(filter(None, (stop, row["name"] or row["enterprise_id"], code))),
    }


def _refused(home: Home, words: Words) -> list[Row]:
    return [{"file": name, "reason": words.of(why)} for name, why in ground(home).refused]
