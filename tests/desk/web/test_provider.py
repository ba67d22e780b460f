"""Logging in by an OpenID provider: what it says is believed only when all of it is right, and makes nobody a user."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from desk.web.app import build
from desk.web.asking import SESSION
from desk.web.limits import Limits
from desk.web.provider import Provider
from models.errors import SettingsError
from pipelines.settings import load_settings
from tests.worlds.desks import LIXIA, NOW, Desk, desk_of
from tests.worlds.provider import CLIENT, SECRET, Issuer, issuer
from warehouse.field.users import change_user, users


@pytest.fixture(scope="module")
def made(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_of(coded, tmp_path_factory.mktemp("provider")) as desk:
        desk.add("li", level="district", division=LIXIA)
        yield desk


@pytest.fixture(scope="module")
def listening() -> Iterator[Issuer]:
    with issuer() as one:
        yield one


@pytest.fixture
def there(listening: Issuer) -> Issuer:
    """The provider as it should be."""
    listening.now, listening.key, listening.redirects_to = int(NOW.timestamp()), None, ""
    listening.claims, listening.header, listening.metadata = {"preferred_username": "Li"}, {}, {}
    listening.asked.clear()
    return listening


def browser(made: Desk, there: Issuer, **told: Any) -> httpx.Client:
    """A browser at a desk that knows the provider."""
    app = build(
        made.home,
        "en",
        made.ledger,
        clock=lambda: made.now,
        limits=Limits(a_minute=1_000_000),
        provider=Provider(there.url, CLIENT, SECRET, **told),
    )
    return TestClient(app, follow_redirects=False)


def sent_back(client: httpx.Client, next: str = "/day") -> str:
    """Begin, agree at the provider, and the path that the browser is sent back to."""
    begun = client.get("/login/provider", params={"next": next})
    assert begun.status_code == 303, begun.text
    agreed = httpx.get(begun.headers["location"])
    assert agreed.status_code == 302
    parts = urlsplit(agreed.headers["location"])
    return f"{parts.path}?{parts.query}"


def test_who_the_provider_knows_comes_in_as_the_user_there_is(made: Desk, there: Issuer) -> None:
    client = browser(made, there)
    back = client.get(sent_back(client))
    assert (back.status_code, back.headers["location"]) == (303, "/day")
    me = client.get("/me.json").json()["user"]
    assert (me["login"], me["roles"], me["division"]) == ("li", ["inspector"], LIXIA)
    assert there.asked == ["/.well-known/openid-configuration", "/authorize", "/token", "/keys"]
    with made.ledger.reading() as connection:
        [line] = connection.exec_driver_sql("SELECT details FROM audit ORDER BY place DESC LIMIT 1").scalars()
    assert '"by":"provider"' in line


def test_roles_of_a_token_are_nobodys_and_a_stranger_is_no_user(made: Desk, there: Issuer) -> None:
    there.claims |= {"roles": ["admin"], "groups": ["admin"]}
    client = browser(made, there)
    client.get(sent_back(client))
    assert client.get("/me.json").json()["user"]["roles"] == ["inspector"]
    count = len(users(made.ledger))
    there.claims = {"preferred_username": "zhang"}
    client = browser(made, there)
    told = client.get(sent_back(client))
    assert told.status_code == 401 and "administrator" in told.text and len(users(made.ledger)) == count
    assert SESSION not in client.cookies


def test_who_is_not_let_in_any_more_does_not_come_in_by_the_provider(made: Desk, there: Issuer) -> None:
    made.add("gone", level="district", division=LIXIA)
    [user] = [one for one in users(made.ledger) if one.login == "gone"]
    change_user(made.ledger, user.user_id, by=None, now=NOW, is_active=False)
    there.claims = {"preferred_username": "gone"}
    client = browser(made, there)
    assert client.get(sent_back(client)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"iss": "https://elsewhere.invalid"}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"]}},
        {"claims": {"azp": "another"}},
        {"claims": {"exp": int(NOW.timestamp()) - 120}},
        {"claims": {"exp": None}},
        {"claims": {"nonce": "of another login"}},
        {"claims": {"preferred_username": None}},
        {"key": RSAKey.generate_key(2048)},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"alg": "RS512"}},
    ],
    ids=lambda told: "another key" if "key" in told else str(told),
)
def test_a_token_that_is_wrong_in_one_thing_lets_nobody_in(
    made: Desk, there: Issuer, wrong: dict[str, Any]
) -> None:
    there.claims |= wrong.get("claims", {})
    there.header |= wrong.get("header", {})
    there.key = wrong.get("key")
    client = browser(made, there)
    told = client.get(sent_back(client))
    assert told.status_code == 401 and SESSION not in client.cookies, told.text


def test_a_login_that_another_browser_began_or_that_comes_twice_is_none(made: Desk, there: Issuer) -> None:
    client, other = browser(made, there), browser(made, there)
    path = sent_back(client)
    assert other.get(path).status_code == 401
    state = parse_qs(urlsplit(path).query)["state"][0]
    assert client.get(f"/login/back?code=made-up&state={state}").status_code == 401
    assert client.get(path).status_code == 401, "a state holds for one answer"
    path = sent_back(client)
    assert client.get(path).status_code == 303
    assert browser(made, there).get(path).status_code == 401
    path = sent_back(client := browser(made, there))
    assert client.get(f"{path}&iss=https://elsewhere.invalid").status_code == 401


def test_nothing_is_asked_of_anybody_but_the_issuer(made: Desk, there: Issuer) -> None:
    with issuer() as other:
        for metadata in (
            {"issuer": other.url},
            {"jwks_uri": f"{other.url}/keys"},
            {"token_endpoint": f"{other.url}/token"},
            {"authorization_endpoint": f"{other.url}/authorize"},
        ):
            there.metadata = metadata
            assert browser(made, there).get("/login/provider").status_code == 503
        there.metadata, there.redirects_to = {}, f"{other.url}/.well-known/openid-configuration"
        assert browser(made, there).get("/login/provider").status_code == 503
        assert other.asked == []


def test_passwords_can_be_switched_off_and_who_logs_out_may_do_so_there_too(
    made: Desk, there: Issuer
) -> None:
    client = browser(made, there, is_only=True)
    page = client.get("/login").text
    assert "/login/provider" in page and 'type="password"' not in page
    tried = {"name": "li", "password": "correct horse battery"}
    assert client.post("/login", data=tried).status_code == 403
    assert client.post("/login.json", json={"login": "li", "password": tried["password"]}).status_code == 403
    client.get(sent_back(client, "https://elsewhere.invalid"))
    csrf = client.get("/me").text.split('name="csrf" value="')[1].split('"')[0]
    left = client.post("/logout", data={"csrf": csrf})
    assert left.headers["location"] == "/login?out=1" and client.get("/me.json").status_code == 401
    assert "/login/out" in client.get("/login?out=1").text
    assert client.get("/login/out").headers["location"].startswith(f"{there.url}/end?client_id={CLIENT}")


def test_without_a_provider_there_is_none_to_go_to(made: Desk) -> None:
    assert made.browser().get("/login/provider").status_code == 404
    assert "/login/provider" not in made.browser().get("/login").text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"ISSUER": "http://login.invalid"}, "https://"),
        ({"ISSUER": "https://login.invalid", "ALGORITHMS": "HS256"}, "RS256"),
        ({"ISSUER": "https://login.invalid", "ALGORITHMS": "none"}, "RS256"),
        ({"ISSUER": "https://login.invalid", "CLIENT_SECRET": ""}, "all three"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], said: str
) -> None:
    for name, value in ({"CLIENT_ID": "desk", "CLIENT_SECRET": "secret"} | told).items():
        monkeypatch.setenv(f"RISKCODE_OIDC_{name}", value)
    with pytest.raises(SettingsError, match=said):
        load_settings()
    monkeypatch.setenv("RISKCODE_OIDC_ISSUER", "https://login.invalid/realms/jinan")
    monkeypatch.setenv("RISKCODE_OIDC_ALGORITHMS", "RS256,ES256")
    monkeypatch.setenv("RISKCODE_OIDC_CLIENT_SECRET", "secret")
    settings = load_settings()
    assert settings.provider is not None and settings.provider.algorithms == ("RS256", "ES256")
    assert "secret" not in repr(settings)
