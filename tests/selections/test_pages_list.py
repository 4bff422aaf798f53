"""The list of selections: search, filters, order, small pictures."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from selections.models import SelectedTask, Selection
from selector.models import Connection
from tests.making import make_connection

SERVER = "http://cvat.example.com"
TASKS = {12: "Night drive", 120: 'Tågstation "Süd"', 7: "Rain"}


def keep(owner: User, name: str, day: int, *tasks: int, frames: int = 3, **values) -> Selection:
    """Made at noon of that day of March."""
    selection = Selection.objects.create(
        owner=owner,
        url=SERVER,
        name=name,
        **values,
    )
    for task in tasks:
        selection.tasks.create(task_id=task, name=TASKS[task], frames_count=frames)
    for number in range(frames):
        selection.frames.create(task_id=tasks[0], job_id=30, frame=number * 10)
    made = timezone.make_aware(datetime(2026, 3, day, 12))  # noqa: DTZ001
    changed = made + timedelta(days=20 - 2 * day)
    Selection.objects.filter(pk=selection.pk).update(created_at=made, updated_at=changed)
    return selection


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def four(alice: User, bob: User) -> None:
    keep(alice, "b", 1, 12, frames=2, note="of 12 rainy nights")
    keep(alice, "a", 2, 120, 12, frames=9, frame_selection_method="random_per_job")
    keep(alice, "d", 3, 7, frames=5, visibility="shared")
    keep(bob, "c", 4, 120, frames=1, visibility="shared")
    keep(bob, "hidden", 5, 12)


# What is asked, and the selections that are found, in their order.
FOUND = [
    ("", "c d a b"),
    ("search=B", "b"),
    ("search=RAIN", "d b"),
    ("search=s%C3%BCd", "c a"),
    ("search=S%C3%BCd", "c a"),
    ('search="S', "c a"),
    ("search=name", ""),
    ("search=id", ""),
    ("search=12", "a b"),
    ("search=%2312", "a b"),
    ("search=bob", "c"),
    ("search=.*", ""),
    ("search=hidden", ""),
    ("task=12", "a b"),
    ("task=%23120", "c a"),
    ("task=1", ""),
    ("task=night+drive", "a b"),
    ("task=T%C3%A5g", "c a"),
    ("task=%25", ""),
    ("task=99999999999999999999999", ""),
    ("whose=mine", "d a b"),
    ("whose=shared", "c"),
    ("owner=bob", "c"),
    ("owner=alice", "d a b"),
    ("owner=nobody", "c d a b"),
    ("method=random_per_job", "a"),
    ("visibility=shared", "c d"),
    ("visibility=private", "a b"),
    ("since=2026-03-02&until=2026-03-03", "d a"),
    ("since=2026-03-04", "c"),
    ("until=2026-03-01", "b"),
    ("since=2026-03-03&until=2026-03-01", ""),
    ("since=0001-01-01&until=9999-12-31", "c d a b"),
    ("since=yesterday", "c d a b"),
    ("order=oldest", "b a d c"),
    ("order=changed", "b a d c"),
    ("order=name", "a b c d"),
    ("order=name-down", "d c b a"),
    ("order=frames", "a d b c"),
    ("order=frames-up", "c b d a"),
    ("order=frames&whose=mine&task=12", "a b"),
    ("search=s&task=120&owner=bob&visibility=shared&until=2026-03-04&order=name", "c"),
    ("order=nonsense&method=nonsense&page=nonsense", "c d a b"),
    ("search=%00", "c d a b"),
]


def test_search_filters_and_order(web: Client, four: None, subtests: pytest.Subtests) -> None:
    for query, found in FOUND:
        with subtests.test(query):
            answer = web.get(f"/selections/?{query}")
            assert answer.status_code == 200
            assert [row.selection.name for row in answer.context["rows"]] == found.split()


def test_names_beyond_ascii(web: Client, alice: User) -> None:
    keep(alice, "Äpfel", 1, 7)
    assert "Äpfel" in web.get("/selections/?search=Äpf").text


def test_filters_stay_in_the_addresses_of_the_pages(web: Client, alice: User) -> None:
    for number in range(30):
        keep(alice, f"Round {number}", 1, 7, frames=1)
    answer = web.get("/selections/?search=round&order=name")
    assert 'href="?search=round&amp;order=name&amp;page=2"' in answer.text
    assert "30 selections found" in answer.text
    answer = web.get("/selections/?search=round&order=name&page=2")
    assert len(answer.context["rows"]) == 5


@pytest.mark.parametrize(
    ("selections", "query", "counts", "shown"),
    [
        (3, "search=round", 0, 3),
        (24, "search=round", 0, 24),
        (25, "search=round", 1, 25),
        (26, "search=round&page=1", 1, 25),
        (26, "search=round&page=2", 1, 1),
        (3, "search=round&page=2", 1, 3),
        (3, "search=nothing", 0, 0),
    ],
)
def test_what_fits_on_the_first_page_is_not_counted(
    web: Client, alice: User, selections: int, query: str, counts: int, shown: int
) -> None:
    for number in range(selections):
        keep(alice, f"Round {number}", 1, 7, frames=1)
    with CaptureQueriesContext(database) as asked:
        answer = web.get(f"/selections/?{query}")
    assert sum("COUNT(" in each["sql"] for each in asked) == counts
    assert len(answer.context["rows"]) == shown
    found = selections if "round" in query else 0
    assert f"{found} selection" in answer.text


def test_a_task_that_a_selection_has_no_more_is_not_found(web: Client, alice: User) -> None:
    changed = keep(alice, "a", 1, 12)
    changed.tasks.update(until=2)
    SelectedTask.objects.create(selection=changed, task_id=7, name="Rain", frames_count=3, since=2)
    Selection.objects.filter(pk=changed.pk).update(revision=2)
    for query, found in (
        ("task=12", 0),
        ("task=night", 0),
        ("search=night", 0),
        ("task=7", 1),
        ("search=rain", 1),
    ):
        assert len(web.get(f"/selections/?{query}").context["rows"]) == found, query


def test_filters_in_use_are_in_view(web: Client, four: None) -> None:
    assert '<details class="more" open>' in web.get("/selections/?task=12").text
    assert '<details class="more" >' in web.get("/selections/?search=12").text
    assert "Enter a valid date" in web.get("/selections/?since=yesterday").text


def test_owners_one_may_choose(web: Client, four: None, admin: User) -> None:
    assert '<option value="bob">' in web.get("/selections/").text
    Selection.objects.filter(owner__username="bob").update(visibility="private")
    page = web.get("/selections/").text
    assert "bob" not in page
    assert '<option value="admin">' not in page


def test_small_pictures_through_ones_own_connection(
    web: Client, alice: User, bob: User, four: None
) -> None:
    make_connection(bob, SERVER)
    assert "/thumbnail" not in web.get("/selections/").text
    own = make_connection(alice, SERVER)
    page = web.get("/selections/?search=a&owner=alice&method=random_per_job").text
    addresses = [
        f'src="/api/tasks/120/frames/{frame}/thumbnail?connection={own.pk}"'
        for frame in (0, 10, 70, 80)
    ]
    places = [page.index(address) for address in addresses]
    assert places == sorted(places)
    assert page.count("/thumbnail?") == 4
    assert page.count('loading="lazy"') == 4


@pytest.mark.parametrize(("frames", "shown"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4)])
def test_each_picture_once(web: Client, alice: User, frames: int, shown: int) -> None:
    make_connection(alice, SERVER)
    keep(alice, "few", 1, 7, frames=frames)
    assert web.get("/selections/").text.count("/thumbnail?") == shown


def test_no_pictures_through_a_connection_that_cvat_refuses(
    web: Client, alice: User, four: None
) -> None:
    make_connection(alice, SERVER)
    Connection.objects.update(verified_at=None)
    page = web.get("/selections/").text
    assert "/thumbnail?" not in page
    assert "Connect to http://cvat.example.com to see the pictures" in page


def test_the_closest_connection(web: Client, alice: User) -> None:
    any_other = make_connection(alice, SERVER)
    assert _used(web, keep(alice, "1", 1, 7, organization="acme")) == any_other
    acme = make_connection(alice, SERVER, organization="acme")
    assert _used(web, keep(alice, "2", 2, 7, organization="acme")) == acme
    assert _used(web, keep(alice, "3", 3, 7)) == any_other
    made_with = keep(alice, "4", 4, 7, connection=acme)
    assert _used(web, made_with) == acme


def _used(web: Client, selection: Selection) -> Connection | None:
    rows = web.get("/selections/").context["rows"]
    return next(row.connection for row in rows if row.selection == selection)


def test_nothing_yet_and_nothing_found(web: Client) -> None:
    assert "No selections yet" in web.get("/selections/").text
    assert "No selection matches" in web.get("/selections/?search=x").text
