"""The page that compares selections and saves a part of them as a new one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal import thread_share
from selections import services
from selections.models import Selection
from tests.making import make_connection, make_selection
from tests.selections.test_combining import of


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def two(alice: User) -> tuple[Selection, Selection]:
    return of(alice, "Round 1", 0, 1, 2), of(alice, "Round 2", 2, 3)


def address(*selections: Selection, **more: str) -> str:
    given = [("selection", str(each.pk)) for each in selections] + list(more.items())
    return "/selections/compare?" + "&".join(f"{name}={value}" for name, value in given)


def test_the_parts(web: Client, two: tuple[Selection, Selection]) -> None:
    answer = web.get(address(*two))
    assert [(part.label, part.count) for part in answer.context["parts"]] == [
        ("In both", 1),
        ("Only in “Round 1”", 2),
        ("Only in “Round 2”", 1),
        ("All together", 4),
    ]
    assert [frame.frame for frame in answer.context["page"]] == [2]
    for key, frames in {
        f"difference-{two[0].pk}": [0, 1],
        f"difference-{two[1].pk}": [3],
        "union": [0, 1, 2, 3],
        "nonsense": [2],
    }.items():
        answer = web.get(address(*two, part=key))
        assert [frame.frame for frame in answer.context["page"]] == frames


def test_pictures_through_ones_own_connection(
    web: Client, alice: User, two: tuple[Selection, Selection]
) -> None:
    assert "/thumbnail" not in web.get(address(*two, part="union")).text
    own = make_connection(alice)
    page = web.get(address(*two, part="union")).text
    assert page.count(f"/thumbnail?connection={own.pk}") == 4
    assert "/thumbnail" not in web.get(address(*two, part="union", view="list")).text


def test_comparisons_hold_one_thread_of_a_person(
    web: Client, alice: User, two: tuple[Selection, Selection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the largest selections each takes seconds."""
    monkeypatch.setattr(thread_share, "PLACE_SECONDS", 0)
    ids = [each.pk for each in two]
    named = "&".join(f"selections={pk}" for pk in ids)
    requests = [
        lambda: web.get(address(*two)),
        lambda: web.get(f"/api/selections/compare?{named}"),
        lambda: web.get(f"/api/selections/compare/frames?{named}&operation=union"),
        lambda: web.post(
            "/api/selections/combine",
            {"selections": ids, "operation": "union"},
            content_type="application/json",
        ),
    ]
    with services.counting_place(alice):
        for ask in requests:
            answer = ask()
            assert answer.status_code == 503
            assert "count of another split or comparison" in answer.text
    assert [ask().status_code for ask in requests] == [200, 200, 200, 201]


def test_pages_of_a_part(web: Client, alice: User) -> None:
    selections = make_selection(alice, frames=130), make_selection(alice, frames=125)
    answer = web.get(address(*selections))
    assert len(answer.context["page"]) == 120
    assert "1–120 of 125" in answer.text
    answer = web.get(address(*selections, page="2"))
    assert [frame.frame for frame in answer.context["page"]] == [120, 121, 122, 123, 124]


def test_a_part_becomes_a_selection(web: Client, two: tuple[Selection, Selection]) -> None:
    first, second = two
    body = {"selection": [second.pk, first.pk], "operation": "difference", "name": "New ones"}
    answer = web.post(address(*two), body, follow=True)
    made = Selection.objects.get(name="New ones")
    assert answer.redirect_chain == [(made.get_absolute_url(), 302)]
    assert [frame.frame for frame in made.frames.all()] == [3]
    assert "Combined: the frames that only the first has of 2 selections." in answer.text
    assert f'<a href="{second.get_absolute_url()}">Round 2</a>' in answer.text
    assert "combined" in web.get("/selections/").text


def test_nothing_in_common(web: Client, alice: User) -> None:
    """The page begins with a part that has frames; what has none cannot be saved."""
    selections = of(alice, "a", 0), of(alice, "b", 1)
    assert web.get(address(*selections)).context["part"].label == "Only in “a”"
    page = web.get(address(*selections, part="intersection")).text
    assert "No frames here" in page
    assert "this frame</button>" not in page
    body = {"selection": [each.pk for each in selections], "operation": "intersection"}
    answer = web.post(address(*selections), body)
    assert answer.status_code == 400
    assert "No frame is in all of these selections." in answer.text


def test_another_one_to_add(web: Client, alice: User, bob: User) -> None:
    one, other = of(alice, "one", 0), of(alice, "other", 0)
    of(bob, "hidden", 0)
    of(bob, "shared", 0, visibility="shared")
    make_selection(alice, make_connection(alice, "https://other.example.com"), name="elsewhere")
    answer = web.get(address(one))
    assert [each.name for each in answer.context["others"]] == ["shared", "other"]
    assert "part" not in answer.context
    assert web.get(address(one, other)).context["part"].count == 1


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 200, "No selection is checked"),
        ("selection=x", 400, "A selection is named by its number"),
        ("selection=99999", 404, "There is no selection 99999"),
        ("selection=" + "9" * 30, 400, "A selection is named by its number"),
    ],
)
def test_what_is_no_selection(web: Client, query: str, status: int, text: str) -> None:
    answer = web.get(f"/selections/compare?{query}")
    assert answer.status_code == status
    assert text in answer.text
