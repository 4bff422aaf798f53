"""Login, logout, sessions, access tokens and the anonymous throttle, step by step."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from standin.samples import sample_world
from standin.server import StandIn
from standin.world import World

DEMO = {"username": "demo", "password": "demo-password"}


def login(standin: StandIn) -> str:
    answer = requests.post(f"{standin.url}/api/auth/login", json=DEMO, timeout=10)
    assert answer.status_code == 200
    key: str = answer.json()["key"]
    return key


def status(standin: StandIn, authorization: str) -> int:
    headers = {"Authorization": authorization}
    return requests.get(f"{standin.url}/api/users/self", headers=headers, timeout=10).status_code


def test_every_login_gives_the_same_key_until_a_logout(standin: StandIn) -> None:
    first = login(standin)
    assert login(standin) == first
    headers = {"Authorization": f"Token {first}"}
    requests.post(f"{standin.url}/api/auth/logout", headers=headers, timeout=10)
    assert status(standin, f"Token {first}") == 401
    assert login(standin) != first


def test_logout_with_an_access_token_kills_the_key_but_not_the_token(standin: StandIn) -> None:
    key, token = login(standin), standin.world.access_token("demo").value
    headers = {"Authorization": f"Bearer {token}"}
    requests.post(f"{standin.url}/api/auth/logout", headers=headers, timeout=10)
    assert status(standin, f"Token {key}") == 401
    assert status(standin, f"Bearer {token}") == 200


def test_a_session_logs_out_without_ending_other_sessions(standin: StandIn) -> None:
    first, second = requests.Session(), requests.Session()
    for session in (first, second):
        session.post(f"{standin.url}/api/auth/login", json=DEMO, timeout=10)
    kept = dict(first.cookies)
    proof = {"X-CSRFToken": first.cookies["csrftoken"]}
    assert first.post(f"{standin.url}/api/auth/logout", headers=proof, timeout=10).ok
    assert "sessionid" not in first.cookies
    assert first.get(f"{standin.url}/api/users/self", timeout=10).status_code == 401
    replayed = requests.get(f"{standin.url}/api/users/self", cookies=kept, timeout=10)
    assert replayed.status_code == 401
    assert second.get(f"{standin.url}/api/users/self", timeout=10).status_code == 200


def test_a_bad_token_loses_against_a_good_cookie_but_bad_basic_wins(standin: StandIn) -> None:
    session = requests.Session()
    session.trust_env = False
    session.post(f"{standin.url}/api/auth/login", json=DEMO, timeout=10)
    for scheme, expected in (("Token nope", 401), ("Bearer nope", 401), ("Basic bm86bm8=", 200)):
        answer = session.get(
            f"{standin.url}/api/users/self", headers={"Authorization": scheme}, timeout=10
        )
        assert answer.status_code == expected, scheme


def test_a_token_is_made_used_and_revoked(standin: StandIn, ask) -> None:
    made = ask("/api/auth/access_tokens", method="POST", json={"name": "portal"}).json()
    assert made["read_only"] is True
    assert status(standin, f"Bearer {made['value']}") == 200
    listed = ask("/api/auth/access_tokens").json()["results"]
    assert [token["name"] for token in listed] == ["portal"]
    assert "value" not in listed[0]
    assert ask(f"/api/auth/access_tokens/{made['id']}", method="DELETE").status_code == 204
    assert status(standin, f"Bearer {made['value']}") == 401
    assert ask("/api/auth/access_tokens").json()["count"] == 0


def test_tokens_are_nobody_elses_business(ask, world: World) -> None:
    token = world.access_token("alice")
    assert ask(f"/api/auth/access_tokens/{token.id}", user="demo").status_code == 404


def test_a_token_expires(standin: StandIn) -> None:
    now = datetime.now(UTC)
    soon = standin.world.access_token("demo", expiry_date=now + timedelta(hours=1))
    past = standin.world.access_token("demo", expiry_date=now - timedelta(seconds=1))
    assert status(standin, f"Bearer {soon.value}") == 200
    assert status(standin, f"Bearer {past.value}") == 401


def test_a_token_unused_for_half_a_year_is_dead(standin: StandIn) -> None:
    token = standin.world.access_token("demo")
    token.created_date -= timedelta(days=181)
    assert status(standin, f"Bearer {token.value}") == 401


@pytest.mark.parametrize("read_only", [True, False])
def test_no_token_manages_tokens(ask, world: World, read_only: bool) -> None:
    token = world.access_token("demo", read_only=read_only)
    bearer = {"Authorization": f"Bearer {token.value}"}
    path = "/api/auth/access_tokens"
    assert ask(path, method="POST", json={"name": "x"}, headers=bearer).status_code == 403
    assert ask(f"{path}/{token.id}", method="DELETE", headers=bearer).status_code == 403
    change = ask(f"{path}/{token.id}", method="PATCH", json={"name": "x"}, headers=bearer)
    assert change.status_code == 403
    assert ask(path, headers=bearer).status_code == 200


def test_a_read_only_token_changes_nothing(ask, world: World) -> None:
    for read_only, expected in ((True, 403), (False, 200)):
        token = world.access_token("demo", read_only=read_only)
        answer = ask(
            "/api/tasks/1/data/meta",
            method="PATCH",
            json={"deleted_frames": [5]},
            headers={"Authorization": f"Bearer {token.value}"},
        )
        assert answer.status_code == expected
    assert world.tasks[1].deleted == [5]


def test_fifty_tokens_are_enough(ask, world: World) -> None:
    for _ in range(49):
        world.access_token("demo")
    path = "/api/auth/access_tokens"
    assert ask(path, method="POST", json={"name": "last"}).status_code == 201
    assert ask(path, method="POST", json={"name": "too many"}).status_code == 400


def test_an_old_server_knows_no_access_tokens() -> None:
    world = sample_world()
    value = world.access_token("demo").value
    with StandIn(world, version="2.40.0", access_tokens=False) as standin:
        about = requests.get(f"{standin.url}/api/server/about", timeout=10)
        assert about.json()["version"] == "2.40.0"
        assert status(standin, f"Token {login(standin)}") == 200
        assert status(standin, f"Bearer {value}") == 401
        headers = {"Authorization": f"Token {login(standin)}"}
        answer = requests.get(f"{standin.url}/api/auth/access_tokens", headers=headers, timeout=10)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def about(standin: StandIn, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{standin.url}/api/server/about", headers=named, timeout=10)


def test_the_throttle_counts_anonymous_requests_by_address(standin: StandIn) -> None:
    for _ in range(100):
        assert about(standin).status_code == 200
    refused = about(standin)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) in range(1, 60)
    assert about(standin, X_Forwarded_For="10.0.0.1").status_code == 200
    assert about(standin, X_Forwarded_For="10.0.0.1, 10.0.0.2").status_code == 200
    answer = requests.post(f"{standin.url}/api/auth/login", json=DEMO, timeout=10)
    assert answer.status_code == 429
    token = f"Token {standin.world.login_token('demo')}"
    assert about(standin, Authorization=token).status_code == 200


def test_the_throttle_can_be_set_and_switched_off(world: World) -> None:
    with StandIn(world, throttle=2) as standin:
        assert [about(standin).status_code for _ in range(3)] == [200, 200, 429]
        standin.throttle.limit = None
        assert about(standin).status_code == 200
