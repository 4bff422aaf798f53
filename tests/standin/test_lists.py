"""Pages, filters, sorting and organisations where no recording says it."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from standin.samples import sample_world
from standin.server import StandIn
from tests.standin.conftest import asker


def ids(answer: requests.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [thing["id"] for thing in answer.json()["results"]]


def filtered(ask, rule: object, path: str = "/api/tasks") -> list[int]:
    return ids(ask(path, params={"filter": json.dumps(rule), "page_size": 100, "sort": "id"}))


def test_pages_are_ten_long_and_newest_first(ask) -> None:
    first = ask("/api/tasks")
    assert ids(first) == [15, 14, 13, 12, 11, 10, 9, 8, 7, 6]
    second = ask("/api/tasks", params={"page": 2})
    assert ids(second) == [5, 4, 3, 2, 1]
    assert second.json()["next"] is None
    assert first.json()["count"] == second.json()["count"] == 15


@pytest.mark.parametrize("size", ["0", "-3", "many", ""])
def test_odd_page_sizes_become_ten(ask, size: str) -> None:
    assert len(ids(ask("/api/tasks", params={"page_size": size}))) == 10


@pytest.mark.parametrize("size", ["100000", "all"])
def test_there_is_no_largest_page(ask, size: str) -> None:
    assert len(ids(ask("/api/tasks", params={"page_size": size}))) == 15


@pytest.mark.parametrize("page", ["0", "3", "-1", "x"])
def test_pages_there_are_not(ask, page: str) -> None:
    answer = ask("/api/tasks", params={"page": page})
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Invalid page."}


def test_the_last_page_by_name(ask) -> None:
    assert ids(ask("/api/tasks", params={"page": "last"})) == [5, 4, 3, 2, 1]


def test_links_name_the_host_the_client_used(standin: StandIn, ask) -> None:
    link = ask("/api/tasks", params={"page_size": 2, "search": "e"}).json()["next"]
    assert link.startswith(standin.url + "/api/tasks?")
    assert parse_qs(urlsplit(link).query) == {"page": ["2"], "page_size": ["2"], "search": ["e"]}


def test_links_behind_a_proxy_name_a_host_that_is_not_there() -> None:
    with StandIn(sample_world(), prefix="/cvat") as standin:
        assert standin.url.endswith("/cvat")
        answer = asker(standin)("/api/tasks", params={"page_size": 2})
        assert answer.json()["next"] == "http://cvat-internal:8080/api/tasks?page=2&page_size=2"
        assert standin.requests[0].path == "/api/tasks"
        outside = standin.url.removesuffix("/cvat") + "/api/server/about"
        assert requests.get(outside, timeout=10).status_code == 404


def test_filters(ask) -> None:
    assert filtered(ask, {"==": [{"var": "mode"}, "interpolation"]}) == [3, 11]
    assert filtered(ask, {"<=": [4, {"var": "id"}, 6]}) == [4, 5, 6]
    assert filtered(ask, {"!": {"var": "project_id"}}) == [*range(1, 10), 11, 14, 15]
    assert filtered(ask, {"!!": {"var": "project_id"}}) == [10, 12, 13]
    either = {"or": [{"==": [{"var": "owner"}, "bob"]}, {"<": [{"var": "id"}, 2]}]}
    assert filtered(ask, either) == [1, 15]
    later = {">": [{"var": "updated_date"}, "2026-11-02T00:00:00Z"]}
    assert filtered(ask, later) == [task for task in range(1, 16) if task > 9]


def test_filters_on_jobs(ask) -> None:
    accepted = {"==": [{"var": "stage"}, "acceptance"]}
    assert len(filtered(ask, accepted, "/api/jobs")) == 1
    truth = {"and": [{"==": [{"var": "type"}, "ground_truth"]}, {"<": [{"var": "task_id"}, 6]}]}
    assert len(filtered(ask, truth, "/api/jobs")) == 1


def test_a_filter_with_not_over_a_list_is_a_server_error(ask) -> None:
    rule = json.dumps({"!": [{"var": "name"}]})
    assert ask("/api/tasks", params={"filter": rule}).status_code == 500


def test_not_equal_is_refused(ask) -> None:
    rule = json.dumps({"!=": [{"var": "id"}, 3]})
    answer = ask("/api/tasks", params={"filter": rule})
    assert answer.status_code == 400
    assert isinstance(answer.json(), list)


def test_unknown_parameters_and_sorts_are_ignored(ask) -> None:
    plain = ids(ask("/api/tasks"))
    assert ids(ask("/api/tasks", params={"id": 3})) == plain
    assert ids(ask("/api/tasks", params={"sort": "size"})) == plain
    assert ids(ask("/api/tasks", params={"sort": "id", "page_size": 2})) == [1, 2]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/api/projects", "status", "done"),
        ("/api/tasks", "status", "done"),
        ("/api/tasks", "dimension", "4d"),
        ("/api/tasks", "validation_mode", "none"),
        ("/api/jobs", "stage", "done"),
        ("/api/jobs", "state", "in_progress"),
        ("/api/jobs", "type", "replica"),
    ],
)
def test_a_value_that_the_schema_does_not_list(ask, path: str, name: str, value: str) -> None:
    answer = ask(path, params={name: value})
    assert answer.status_code == 400
    text = f"Select a valid choice. {value} is not one of the available choices."
    assert answer.json() == {name: [text]}


def test_the_tracker_link_is_searched(standin: StandIn, ask) -> None:
    standin.world.tasks[3].bug_tracker = "https://tracker.example.com/77"
    assert ids(ask("/api/tasks", params={"search": "tracker.example"})) == [3]


def test_organisations_choose_what_a_list_shows(ask) -> None:
    assert 10 in ids(ask("/api/tasks"))
    assert ids(ask("/api/tasks", params={"org": "acme"})) == [10]
    assert ids(ask("/api/tasks", params={"org_id": 1})) == [10]
    assert ids(ask("/api/tasks", headers={"X-Organization": "acme"})) == [10]
    assert 10 not in ids(ask("/api/tasks", params={"org": "", "page_size": 50}))
    assert 10 not in ids(ask("/api/tasks?page_size=50", headers={"X-Organization": ""}))


def test_contradicting_organisations_are_refused(ask) -> None:
    answer = ask("/api/tasks", params={"org": "acme"}, headers={"X-Organization": "other"})
    assert answer.status_code == 400
    assert ask("/api/tasks", params={"org_id": "x"}).status_code == 500
    assert ask("/api/tasks/1", params={"org": "nope"}).status_code == 404


def test_users_see_their_fellow_members_only(ask) -> None:
    assert [u["username"] for u in ask("/api/users").json()["results"]] == ["demo"]
    inside = ask("/api/users", params={"org": "acme", "sort": "username"}).json()["results"]
    assert [user["username"] for user in inside] == ["alice", "bob", "demo"]
    assert len(ids(ask("/api/users", user="admin"))) == 5
