"""The enterprise evaluates a visit by the link behind the pass code, and nobody sees whose answer is whose."""

from tests.worlds.crews import Crew, fields


def test_an_enterprise_evaluates_a_visit_once_without_an_account(crew: Crew) -> None:
    approved = crew.begin()
    crew.done(approved, "file")
    crew.done(approved, "approve", crew.leader)
    anybody = crew.desk.browser()
    code = crew.officer.get(f"/visits/{approved}/pass.json").json()["code"]
    assert anybody.get(f"/pass/{code}.json").json()["evaluation"] is None, "before the visit"
    for n in range(5):
        made = crew.counted()
        code = crew.officer.get(f"/visits/{made}/pass.json").json()["code"]
        opened = anybody.get(f"/pass/{code}.json").json()
        link = opened["evaluation"]
        assert link in anybody.get(f"/pass/{code}").text
        page = anybody.get(link)
        assert page.status_code == 200 and "Conduct" in page.text
        sent = fields(page.text, link)
        lacking = anybody.post(link, data={"mark.conduct": "5", "remark": "讲解清楚"})
        assert lacking.status_code == 422 and "has no mark" in lacking.text
        assert "讲解清楚" in lacking.text and 'value="5" checked' in lacking.text, "what was typed stays"
        marks = {f"mark.{name}": "4" for name in ("conduct", "procedure", "skill", "burden")}
        assert sent["remark"] == [""]
        assert crew.officer.get(link).status_code == 403, "not by those who are judged"
        assert crew.officer.post(link, data=marks).status_code == 403
        thanks = anybody.post(link, data=marks | {"remark": f"第{n}家：讲解清楚"})
        assert thanks.status_code == 200 and "Thank you" in thanks.text
        assert anybody.post(link, data=marks).status_code == 422, "once"
        sums = crew.leader.get("/evaluations.json").json()["sums"]
        assert bool(sums) == (n == 4)
    [one] = sums
    assert (one["n"], one["good"], one["marks"]["burden"]) == (5, 5, {"4": 5})
    page = crew.officer.get("/evaluations").text
    assert "第3家：讲解清楚" in page and "every mark 4 or better in 5" in page
    assert crew.stranger.get("/evaluations.json").json()["sums"] == []
    assert crew.desk.browser().get("/evaluations").status_code in (302, 303, 307)
