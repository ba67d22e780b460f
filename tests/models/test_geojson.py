"""GeoJSON as an authority draws its ground: what is read of it, and why something is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import SettingsError
from models.geojson import features
from tests.worlds.effort import tries

RING = [[117.0, 36.6], [117.1, 36.6], [117.1, 36.7], [117.0, 36.6]]
PARK = {"type": "Polygon", "coordinates": [RING]}


def test_a_collection_a_feature_and_a_bare_geometry_are_read_with_their_names() -> None:
    feature = {"type": "Feature", "geometry": PARK, "properties": {"name": "化工园区", "owner": "x"}}
    read = {"type": "Feature", "geometry": PARK, "properties": {"name": "化工园区"}}
    assert features(json.dumps(feature)) == [read]
    assert features(json.dumps({"type": "FeatureCollection", "features": [feature, feature]})) == [read, read]
    assert features(json.dumps(PARK)) == [read | {"properties": {"name": ""}}]


def test_heights_are_left_out_and_a_feature_without_a_place_too() -> None:
    point = {"type": "Point", "coordinates": [117, 36.5, 80]}
    nowhere = {"type": "Feature", "geometry": None, "properties": None}
    together = {"type": "GeometryCollection", "geometries": [point]}
    told = {"type": "FeatureCollection", "features": [nowhere, {"type": "Feature", "geometry": together}]}
    [one] = features(json.dumps(told))
    assert one["geometry"]["geometries"] == [{"type": "Point", "coordinates": [117, 36.5]}]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("<kml>", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"type": "Point", "coordinates": [NaN, 36]}', "no JSON"),
        ([PARK], "an object with a type is wanted"),
        ({"type": "Topology"}, "'Topology' is no kind of geometry"),
        ({}, "'–' is no kind of geometry"),
        ({"type": "FeatureCollection", "features": {}}, "features is no list"),
        ({"type": "FeatureCollection", "features": [PARK]}, "something else"),
        ({"type": "Point", "coordinates": [36.6, 117.0]}, "longitude first"),
        ({"type": "Point", "coordinates": [500_000, 4_050_000]}, "longitude first"),
        ({"type": "Point", "coordinates": ["117", "36"]}, "is no place"),
        ({"type": "Point", "coordinates": [True, 36]}, "is no place"),
        ({"type": "LineString", "coordinates": [117, 36]}, "is no place"),
        ({"type": "Polygon", "coordinates": RING}, "is no place"),
        ({"type": "Polygon", "coordinates": {}}, "Polygon is no list"),
        ({"type": "Polygon", "coordinates": [RING[:-1]]}, "not closed"),
        ({"type": "Polygon", "coordinates": [[RING[0]] * 3]}, "not closed"),
        (
            {**PARK, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}},
            "another system of coordinates",
        ),
    ],
)
def test_what_is_no_geojson_of_wgs_84_is_refused_with_the_reason(told: Any, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        features(told if isinstance(told, str) else json.dumps(told))


def test_the_two_names_of_wgs_84_are_known() -> None:
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"):
        assert features(json.dumps({**PARK, "crs": {"type": "name", "properties": {"name": name}}}))


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.sampled_from(["Point", "Polygon", "Feature", "x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "coordinates", "features", "geometry", "geometries", "properties", "crs", "name"]
            ),
            inner,
        )
    ),
)


@settings(max_examples=tries(300))
@given(ANYTHING)
def test_anything_is_read_or_refused(told: Any) -> None:
    try:
        found = features(json.dumps(told))
    except SettingsError:
        return
    assert all(one["type"] == "Feature" and one["geometry"]["type"] for one in found)
