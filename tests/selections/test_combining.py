"""Union, intersection and difference of selections: what is in them, and what they tell of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from portal.exceptions import InvalidInput, NotFound
from selections import batches, services
from selections.draws import Draw
from selections.models import Selection
from selector.models import Connection
from tests.making import make_connection, make_selection

UNION, INTERSECTION, DIFFERENCE = Selection.Operation


def of(owner: User, name: str, *frames: int, task: int = 1, job: int = 1, **values) -> Selection:
    selection = make_selection(owner, frames=0, name=name, **values)
    selection.tasks.update(task_id=task, name=f"Task {task}", frames_count=len(frames))
    for frame in frames:
        selection.frames.create(
            task_id=task, job_id=job, frame=frame, filename=f"{frame}.jpg", width=640, height=480
        )
    return selection


def places(selection: Selection) -> list[tuple[int, int]]:
    return list(selection.frames.values_list("task_id", "frame"))


@pytest.fixture
def three(alice: User) -> list[Selection]:
    return [of(alice, "a", 0, 1, 2, 3), of(alice, "b", 2, 3, 4, job=2), of(alice, "c", 3, 5)]


@pytest.mark.parametrize(
    ("operation", "numbers", "frames"),
    [
        (UNION, "ab", [0, 1, 2, 3, 4]),
        (UNION, "abc", [0, 1, 2, 3, 4, 5]),
        (INTERSECTION, "ab", [2, 3]),
        (INTERSECTION, "abc", [3]),
        (DIFFERENCE, "ab", [0, 1]),
        (DIFFERENCE, "ba", [4]),
        (DIFFERENCE, "cab", [5]),
    ],
)
@pytest.mark.parametrize("batch", [1, 2, 2000])
def test_the_frames(
    three: list[Selection],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    operation: Selection.Operation,
    numbers: str,
    frames: list[int],
    batch: int,
) -> None:
    """Whatever the size of the batches in which they are written."""
    monkeypatch.setattr(batches, "COPY_BATCH", batch)
    selections = [three["abc".index(letter)] for letter in numbers]
    made = services.combine_selections(user=alice, selections=selections, operation=operation)
    assert places(made) == [(1, frame) for frame in frames]
    assert [task.frames_count for task in made.tasks.all()] == [len(frames)]
    parts = services.compare_selections(selections)
    part = next(
        each
        for each in parts
        if each.operation == operation and each.selections[0] == selections[0]
    )
    assert part.count == len(frames)
    assert [frame.frame for frame in part.frames()] == frames


def test_a_frame_is_as_the_first_selection_has_it(three: list[Selection], alice: User) -> None:
    a, b, _ = three
    for selections, job in ([(a, b), 1], [(b, a), 2]):
        made = services.combine_selections(user=alice, selections=selections, operation=UNION)
        frame = made.frames.get(frame=3)
        assert (frame.job_id, frame.filename, frame.width, frame.height) == (job, "3.jpg", 640, 480)


def test_several_tasks(alice: User) -> None:
    selections = [of(alice, "a", 0, 1), of(alice, "b", 1, 2, task=7)]
    made = services.combine_selections(user=alice, selections=selections, operation=UNION)
    assert places(made) == [(1, 0), (1, 1), (7, 1), (7, 2)]
    assert [(task.task_id, task.frames_count) for task in made.tasks.all()] == [(1, 2), (7, 2)]
    alone = services.combine_selections(user=alice, selections=selections, operation=DIFFERENCE)
    assert [task.task_id for task in alone.tasks.all()] == [1]


def test_what_it_was_made_from(alice: User, bob: User, connection: Connection) -> None:
    """Also after the sources are gone; a copy keeps it. Other people learn no names by it."""
    draw = Draw(task_id=1, count=2, seed=7)
    drawn = services.create_random_selection(
        owner=alice, connection=connection, draw=draw, name="Drawn"
    )
    by_hand = services.create_selection(
        owner=alice, connection=connection, choices=[services.Choice(1, 0)], name="By hand"
    )
    made = services.combine_selections(
        user=alice, selections=[drawn, by_hand], operation=UNION, note=" both "
    )
    assert made.name == "Drawn and By hand"
    assert made.note == "both"
    assert made.connection == connection
    services.delete_selection(selection=drawn)
    copy = services.copy_selection(user=alice, selection=made)
    for selection in (made, copy):
        assert selection.operation == UNION
        first, second = selection.sources.all()
        assert (first.name, first.frames_count, first.get_draw()) == ("Drawn", 10, draw)
        assert (second.name, second.source_id, second.get_draw()) == ("By hand", by_hand.pk, None)


@pytest.mark.parametrize(
    ("operation", "name"),
    [(UNION, "a and b"), (INTERSECTION, "In both: a and b"), (DIFFERENCE, "a without b")],
)
def test_names(
    three: list[Selection], alice: User, operation: Selection.Operation, name: str
) -> None:
    for expected in (name, f"{name} 2"):
        made = services.combine_selections(
            user=alice, selections=three[:2], operation=operation, name="  "
        )
        assert made.name == expected


def test_name_of_what_is_in_more_than_two(three: list[Selection], alice: User) -> None:
    made = services.combine_selections(
        user=alice, selections=three, operation=INTERSECTION, name=""
    )
    assert made.name == "In all: a and b and c"


def test_what_cannot_be_combined(
    three: list[Selection], alice: User, bob: User, settings: object
) -> None:
    elsewhere = make_selection(alice, make_connection(alice, "https://other.example.com"))
    hidden = make_selection(bob)
    with pytest.raises(NotFound, match=f"no selection {hidden.pk}, or it is not shared"):
        services.visible_selections(user=alice, ids=[three[0].pk, hidden.pk])
    with pytest.raises(InvalidInput, match=r"different CVAT servers \(https://cvat.*other"):
        services.visible_selections(user=alice, ids=[three[0].pk, elsewhere.pk])
    with pytest.raises(InvalidInput, match="At most 10"):
        services.visible_selections(user=alice, ids=range(1, 12))
    with pytest.raises(InvalidInput, match="at least two"):
        services.combine_selections(user=alice, selections=three[:1], operation=UNION)
    apart = [three[0], of(alice, "d", 9)]
    with pytest.raises(InvalidInput, match="No frame is in all"):
        services.combine_selections(user=alice, selections=apart, operation=INTERSECTION)
    same = [of(alice, "e", 2), three[0]]
    with pytest.raises(InvalidInput, match="in another one as well"):
        services.combine_selections(user=alice, selections=same, operation=DIFFERENCE)
    settings.MAX_SELECTION_FRAMES = 4
    with pytest.raises(InvalidInput, match="5 frames, more than a selection may hold"):
        services.combine_selections(user=alice, selections=three[:2], operation=UNION)
    assert not Selection.objects.exclude(operation="").exists()


# --- API ---


def test_the_api_combines(three: list[Selection], api: APIClient) -> None:
    body = {"selections": [three[0].pk, three[1].pk], "operation": "difference", "name": "rest"}
    answer = api.post("/api/selections/combine", body)
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert (made["name"], made["frames_count"], made["operation"]) == ("rest", 2, "difference")
    assert [source["name"] for source in made["sources"]] == ["a", "b"]
    assert [source["selection"] for source in made["sources"]] == body["selections"]
    assert api.get(f"/api/selections/{made['id']}").json() == made


def test_others_get_no_names_of_sources(
    three: list[Selection], alice: User, bob: User, client: object
) -> None:
    made = services.combine_selections(user=alice, selections=three[:2], operation=UNION)
    services.update_selection(selection=made, visibility="shared")
    client.force_login(bob)
    listed = client.get(f"/api/selections/{made.pk}").json()
    assert [source["name"] for source in listed["sources"]] == ["", ""]
    page = client.get(f"/selections/{made.pk}").text
    assert "Combined: all frames of 2 selections." in page
    assert "deleted, or not shared with you" in page
    assert f'href="/selections/{three[0].pk}"' not in page


def test_a_copy_has_no_names_that_others_may_not_know(
    three: list[Selection], alice: User, bob: User, client: object
) -> None:
    made = services.combine_selections(user=alice, selections=three[:2], operation=UNION, name="ab")
    services.update_selection(selection=made, visibility="shared")
    services.update_selection(selection=three[1], visibility="shared")
    copy = services.copy_selection(user=bob, selection=made)
    client.force_login(bob)
    listed = client.get(f"/api/selections/{copy.pk}").json()
    assert [source["name"] for source in listed["sources"]] == ["", "b"]


def test_the_api_compares(three: list[Selection], api: APIClient) -> None:
    a, b, c = (selection.pk for selection in three)
    answer = api.get(f"/api/selections/compare?selections={a}&selections={b}&selections={c}")
    assert answer.json() == {
        "union": 6,
        "intersection": 1,
        "only_in": [
            {"selection": a, "count": 2},
            {"selection": b, "count": 1},
            {"selection": c, "count": 1},
        ],
    }
    query = f"selections={a}&selections={b}&operation"
    listed = api.get(f"/api/selections/compare/frames?{query}=union&page_size=2&page=2").json()
    assert listed["count"] == 5
    assert [frame["frame"] for frame in listed["results"]] == [2, 3]
    listed = api.get(f"/api/selections/compare/frames?{query}=difference").json()
    assert [frame["frame"] for frame in listed["results"]] == [0, 1]


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "union"},
        {"selections": [1], "operation": "union"},
        {"selections": [1, 2], "operation": "xor"},
        {"selections": [1, 2], "operation": "union", "nme": "x"},
        {"selections": list(range(1, 12)), "operation": "union"},
    ],
)
def test_the_api_refuses(api: APIClient, body: dict) -> None:
    assert api.post("/api/selections/combine", body).status_code == 400
