"""What goes to a platform of a day, on a page for leaders and by the command."""

import json
from pathlib import Path

from tests.worlds.crews import Crew
from tests.worlds.runs import riskcode


def test_a_leader_sees_what_goes_out_and_nobody_sees_what_lies_elsewhere(crew: Crew, tmp_path: Path) -> None:
    visit = crew.counted(crew.finding())
    told = crew.leader.get("/outward.json?day=2026-07-01").json()
    mine = next(one for one in told["documents"] if one["jcbh"] == visit)
    assert told["fits"] and told["persons"] == [] and mine["wtqd"][0]["zgqx"] == "2026-07-10"
    assert "The mapping is a sample" in crew.leader.get("/outward?day=2026-07-01").text
    assert crew.stranger.get("/outward.json?day=2026-07-01").json()["documents"] == []
    assert crew.officer.get("/outward").status_code == 403
    home = crew.desk.ledger.blobs.parents[1]
    (home / "published").mkdir(exist_ok=True)
    link = home / "published" / crew.desk.home.published.name
    if not link.exists():
        link.symlink_to(crew.desk.home.published)
    folder = tmp_path / "out"
    folder.mkdir()
    done = [riskcode(home, "desk", "outward", "2026-07-01", "--to", str(folder), "--json") for _ in range(2)]
    assert [one.returncode for one in done] == [0, 0], done[0].stderr
    first, again = (json.loads(one.stdout) for one in done)
    assert (first["edition"], first["is_new"], again["is_new"]) == (1, True, False)
    assert json.loads(Path(first["file"]).read_text("utf-8"))["jcjl"] == told["documents"]
