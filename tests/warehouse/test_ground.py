"""The ground that lies in a home: looked at anew when a file changes, and what is none is told by name."""

import json
import os
from pathlib import Path

from warehouse.home import Home
from warehouse.questions.ground import MOST_BYTES, ground

POINT = json.dumps({"type": "Point", "coordinates": [117.0, 36.6]})


def test_a_home_without_files_has_no_ground(tmp_path: Path) -> None:
    found = ground(Home(tmp_path))
    assert (found.features, found.refused) == ((), ())


def test_files_are_read_in_the_order_of_their_names_and_those_that_are_none_are_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.map.mkdir()
    (home.map / "b.geojson").write_text(POINT)
    (home.map / "a.geojson").write_text("\ufeff" + POINT)
    (home.map / "c.geojson").write_text("<kml>")
    (home.map / "d.geojson").write_bytes(b"\xff\xfe")
    (home.map / "e.geojson").write_bytes(b" " * (MOST_BYTES + 1))
    (home.map / "notes.txt").write_text("x")
    found = ground(home)
    assert len(found.features) == 2
    assert [name for name, _ in found.refused] == ["c.geojson", "d.geojson", "e.geojson"]
    assert "larger than 4 MB" in str(found.refused[2][1])


def test_a_file_that_changes_is_read_again_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.map.mkdir()
    file = home.map / "a.geojson"
    file.write_text(POINT)
    before = ground(home)
    assert ground(home) is before
    file.write_text("{}")
    os.utime(file, ns=(1, 1))
    assert ground(home).features == ()
