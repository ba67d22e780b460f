"""GeoJSON (RFC 7946) as an authority draws its own ground: read, and refused with the reason where it is none.

Of a feature its geometry and its ``name`` are kept; places are longitude and latitude of WGS 84 in degrees.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import SettingsError

Feature = dict[str, Any]
"""``{"type": "Feature", "geometry": {…}, "properties": {"name": …}}``."""

_DEPTH: Mapping[str, int] = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""Kinds of geometry, and how many lists lie around a position."""
_WGS_84 = ("CRS84", "EPSG::4326", "EPSG:4326")
_LONGEST_NAME = 200
_CORNERS = 4
"""Least positions of a ring: three corners, and the first once more."""


def features(text: str) -> list[Feature]:
    """All features of a text.  Raises SettingsError with the reason where it is no GeoJSON of WGS 84."""
    try:
        told = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise SettingsError("it is no JSON ({why}). Save it as GeoJSON.", why=error) from None
    if not isinstance(told, dict):
        raise SettingsError("it is no GeoJSON: an object with a type is wanted. Save it as GeoJSON.")
    if (system := str(_named(told.get("crs")))) and not system.endswith(_WGS_84):
        raise SettingsError(
            "its places are in another system of coordinates ({system}). Save it in WGS 84.", system=system
        )
    try:
        return [*_features(told)]
    except RecursionError:
        raise SettingsError(
            "it is no GeoJSON: an object with a type is wanted. Save it as GeoJSON."
        ) from None


def _no_number(said: str) -> float:
    raise ValueError(f"{said} is no number")


def _named(system: Any) -> Any:
    named = system.get("properties") if isinstance(system, dict) else None
    return named.get("name", "") if isinstance(named, dict) else system or ""


def _features(told: dict[str, Any]) -> Iterator[Feature]:
    kind = told.get("type")
    if kind == "FeatureCollection":
        for one in _list(told.get("features"), "features"):
            if not isinstance(one, dict) or one.get("type") != "Feature":
                raise SettingsError(
                    "it is no GeoJSON: among its features is something else. Save it as GeoJSON."
                )
            yield from _features(one)
    elif kind == "Feature":
        geometry, properties = told.get("geometry"), told.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        if geometry is not None:
            told_name = name[:_LONGEST_NAME] if isinstance(name, str) else ""
            yield {"type": "Feature", "geometry": _geometry(geometry), "properties": {"name": told_name}}
    else:
        yield {"type": "Feature", "geometry": _geometry(told), "properties": {"name": ""}}


def _geometry(told: Any) -> dict[str, Any]:
    kind = told.get("type") if isinstance(told, dict) else None
    if kind == "GeometryCollection":
        return {"type": kind, "geometries": [_geometry(one) for one in _list(told.get("geometries"), kind)]}
    if not isinstance(kind, str) or kind not in _DEPTH:
        raise SettingsError(
            "it is no GeoJSON: '{kind}' is no kind of geometry. Save it as GeoJSON.", kind=kind or "–"
        )
    return {"type": kind, "coordinates": _positions(told.get("coordinates"), _DEPTH[kind], kind)}


def _positions(told: Any, depth: int, kind: str) -> Any:
    if depth == 0:
        return _position(told)
    found = [_positions(one, depth - 1, kind) for one in _list(told, kind)]
    if depth == 1 and kind.endswith("Polygon") and (len(found) < _CORNERS or found[0] != found[-1]):
        raise SettingsError("it is no GeoJSON: a ring of a {kind} is not closed. Close it.", kind=kind)
    return found


def _position(told: Any) -> list[float]:
    is_pair = isinstance(told, list) and len(told) >= 2
    if not is_pair or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in told):
        raise SettingsError(
            "it is no GeoJSON: {place} is no place. Save it as GeoJSON.", place=str(told)[:40]
        )
    longitude, latitude = told[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise SettingsError(
            "{longitude}, {latitude} is no longitude and latitude in degrees. Save it in WGS 84, longitude first.",
            longitude=longitude,
            latitude=latitude,
        )
    return [longitude, latitude]


def _list(told: Any, where: str) -> list[Any]:
    if not isinstance(told, list):
        raise SettingsError("it is no GeoJSON: {where} is no list. Save it as GeoJSON.", where=where)
    return told
