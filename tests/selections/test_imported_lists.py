"""Lists of frames become selections: exact names, and every entry that is none is told."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat.exceptions import CvatNotFound
from portal.exceptions import InvalidInput
from selections import services
from selections.api import importing as api_importing
from selections.draws import Draw
from selections.listed_frames import name_line, read_list
from selections.models import Selection
from selections.services import importing
from selections.services.importing import Imported
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn

ODD = [
    "-a.jpg", "=b.jpg", "'c.jpg", "'-a.jpg", "d;=e.jpg", 'f"g.jpg', '"h".jpg', " i.jpg", "j .jpg",
    "k,l.jpg", "front/m.jpg", "rear/m.jpg", "rear/n.jpg", "ö.jpg",
]  # fmt: skip


@pytest.fixture
def task(standin: StandIn) -> Task:
    return standin.world.add_task("Odd names", owner="demo", images=ODD)


def imported(connection: Connection, text: str, *tasks: int, **more: object) -> Imported:
    return services.import_list(
        user=connection.owner, connection=connection, text=text, task_ids=tasks, **more
    )


def names(result: Imported) -> list[str]:
    assert result.unmatched == []
    assert result.selection is not None
    return [frame.filename for frame in result.selection.frames.all()]


def reasons(result: Imported) -> list[tuple[int, str]]:
    return [(each.line, each.reason.value) for each in result.unmatched]


@pytest.fixture
def chosen(connection: Connection, task: Task) -> Selection:
    """All but the first picture."""
    return services.create_selection(
        owner=connection.owner,
        connection=connection,
        choices=[services.Choice(task.id, number) for number in range(1, len(ODD))],
        name="Odd ones",
        note="Look twice.",
    )


@pytest.mark.parametrize("file", ["frames.csv", "frames.csv?raw=1", "frames.json", "names.txt"])
def test_exact_names_survive_the_round_trip(
    chosen: Selection, task: Task, client: Client, api: APIClient, file: str
) -> None:
    client.force_login(chosen.owner)
    text = client.get(f"/selections/{chosen.pk}/{file}").getvalue().decode()
    assert api.get(f"/api/selections/{chosen.pk}/{file}").getvalue().decode() == text
    tasks = [task.id] if file == "names.txt" else []
    again = imported(chosen.connection, text, *tasks)
    assert names(again) == ODD[1:]
    assert (again.matched, again.repeated) == (len(ODD) - 1, 0)
    if file == "frames.json":
        assert (again.selection.name, again.selection.note) == ("Odd ones 2", "Look twice.")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_names_alone_of_a_guarded_spreadsheet(
    connection: Connection, task: Task, separator: str
) -> None:
    """Its mark tells that '-a.jpg means -a.jpg, although there is a picture '-a.jpg as well."""
    text = f"task_id{separator}filename\n{task.id}{separator}'-a.jpg\n"
    assert names(imported(connection, "\ufeff" + text)) == ["-a.jpg"]
    assert names(imported(connection, text)) == ["'-a.jpg"]


def test_names_without_folders(connection: Connection, task: Task) -> None:
    result = imported(connection, "n.jpg\r\nm.jpg\nrear/m.jpg\n\nnothing.jpg\nn.jpg", task.id)
    assert result.selection is None
    assert (result.matched, result.repeated) == (2, 1)
    ambiguous, missing = result.unmatched
    assert (ambiguous.line, ambiguous.text, ambiguous.reason) == (2, "m.jpg", "ambiguous")
    assert ambiguous.message == (
        f"2 frames have this name: frame 10 of task {task.id}, frame 11 of task {task.id}."
    )
    assert (missing.line, missing.text, missing.reason) == (5, "nothing.jpg", "not_there")
    partly = imported(connection, "nothing.jpg\nrear/n.jpg", task.id, saves_partly=True)
    assert [frame.filename for frame in partly.selection.frames.all()] == ["rear/n.jpg"]
    assert reasons(partly) == [(1, "not_there")]


def test_accents_written_as_characters_of_their_own(
    connection: Connection, standin: StandIn
) -> None:
    """As some systems do: a name counts if it looks like that of one picture alone."""
    names_there = ["é.jpg", "side/ö.jpg", "ü.jpg", "u\u0308.jpg", "left/ä.jpg", "right/ä.jpg"]
    other = standin.world.add_task("Accents", owner="demo", images=names_there)
    text = "e\u0301.jpg\no\u0308.jpg\nu\u0308.jpg\na\u0308.jpg"
    result = imported(connection, text, other.id, saves_partly=True)
    assert [f.filename for f in result.selection.frames.all()] == [
        "é.jpg",
        "side/ö.jpg",
        "u\u0308.jpg",
    ]
    assert reasons(result) == [(4, "not_there")]


def test_why_entries_do_not_match(connection: Connection, task: Task, standin: StandIn) -> None:
    standin.world.set_deleted(task.id, [3])
    text = json.dumps(
        [
            {"task_id": task.id, "frame": 3},
            {"task_id": task.id, "frame": 99},
            {"task_id": 987654, "frame": 0, "filename": "x.jpg"},
            {"filename": "=b.jpg"},
            {"task_id": task.id, "frame": "x"},
            {"task_id": task.id},
            5,
            {"task_id": task.id, "frame": 0, "filename": "other.jpg"},
            {"task_id": task.id, "frame": 0, "filename": "=b.jpg"},
        ]
    )
    result = imported(connection, text, saves_partly=True)
    assert reasons(result) == [
        (1, "deleted"),
        (2, "not_there"),
        (3, "not_visible"),
        (4, "no_task"),
        (5, "unreadable"),
        (6, "unreadable"),
        (7, "unreadable"),
        (8, "not_there"),
    ]
    # The name counts: numbers of a task that was uploaded anew may be others.
    assert [frame.frame for frame in result.selection.frames.all()] == [1]


def test_what_is_no_text_is_told_all_the_same(api: APIClient, connection: Connection) -> None:
    body = {"text": '[{"task_id": 1, "filename": "\\ud800.jpg"}]'}
    answer = api.post("/api/selections/import", body)
    assert answer.status_code == 200
    assert answer.json()["unmatched"][0]["text"] == '{"task_id": 1, "filename": "?.jpg"}'


def test_frames_of_a_video(connection: Connection, standin: StandIn) -> None:
    film = standin.world.add_task("f", owner="demo", count=30, video=True, video_name="f.mp4")
    result = imported(
        connection, "frame_000004.png\nframe_000012\nframe_000099.png", film.id, saves_partly=True
    )
    assert [frame.frame for frame in result.selection.frames.all()] == [4, 12]
    assert reasons(result) == [(3, "not_there")]


def test_the_draw_comes_along(connection: Connection, standin: StandIn) -> None:
    drawn = services.create_random_selection(
        owner=connection.owner, connection=connection, draw=Draw(task_id=1, count=3, seed=7)
    )
    text = exported(drawn)
    result = imported(connection, text)
    assert result.remark == ""
    assert result.selection.draw == drawn.draw
    assert not result.selection.adjusted_by_hand
    fewer = json.loads(text)
    del fewer["frames"][0]
    adjusted = imported(connection, json.dumps(fewer))
    assert adjusted.selection.adjusted_by_hand
    assert "adjusted by hand" in adjusted.remark


@pytest.mark.parametrize(
    "draw",
    [
        Draw(task_id=1, count=3, seed=7, first_frame=0, last_frame=7),
        Draw(task_id=1, method="every_nth", settings={"frame_step": 4}, seed=7),
        Draw(task_id=1, method="random_apart", share=0.2, settings={"min_frames_apart": 2}, seed=7),
        Draw(task_ids=(1, 2), method="random_per_task", count=2, seed=7),
    ],
)
def test_a_draw_with_settings_or_a_range_comes_along(connection: Connection, draw: Draw) -> None:
    drawn = services.create_random_selection(
        owner=connection.owner, connection=connection, draw=draw
    )
    result = imported(connection, exported(drawn))
    assert result.remark == ""
    assert result.selection.draw == drawn.draw


def test_frames_are_saved_when_their_draw_cannot_be_repeated(connection: Connection) -> None:
    """Such as frames of a task that somebody may see of a project that he may not."""
    draw = Draw(project_id=987654, count=1, seed=7).to_json()
    document = {"format": "cvat-image-selection", "draw": draw, "url": connection.url}
    document["frames"] = [{"task_id": 1, "frame": 0}]
    result = imported(connection, json.dumps(document))
    assert "left out: it cannot be repeated here" in result.remark
    assert result.selection.draw is None
    assert result.selection.frames.count() == 1


def test_names_that_begin_like_json(connection: Connection, standin: StandIn) -> None:
    odd = ["[1] a.jpg", "\ufeffb.jpg", "{c}.jpg"]
    task = standin.world.add_task("Brackets", owner="demo", images=odd)
    for name in odd:
        assert names(imported(connection, name_line(name) + "\n", task.id)) == [name]


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"exclude_selections": [1]}, "without the frames of other selections"),
        ({"frame_selection_method": "x"}, "cannot read it"),
        ({"task_id": "1"}, "cannot read it"),
        ({"job_ids": "12"}, "cannot read it"),
        ({"random_seed": -1}, "cannot read it"),
        ({"first_frame": "1"}, "cannot read it"),
        ({"frames_per_job_count": -3}, "cannot read it"),
        ({"frames_per_job_count": 10**12}, "cannot read it"),
        ({"frame_selection_method": "every_nth", "frame_step": 0}, "cannot read it"),
        ({"new": 1}, "cannot read it"),
    ],
)
def test_a_draw_that_means_something_else_here(
    connection: Connection, change: dict, remark: str
) -> None:
    draw = Draw(task_id=1, count=3, seed=7).to_json() | change
    document = {"format": "cvat-image-selection", "draw": draw, "url": connection.url}
    document["frames"] = [{"task_id": 1, "frame": 0}]
    result = imported(connection, json.dumps(document))
    assert remark in result.remark
    assert result.selection.draw is None


def test_a_share_that_is_no_number(connection: Connection) -> None:
    draw = Draw(task_id=1, method="random_uniform", share=1, seed=7).to_json()
    document = {"format": "cvat-image-selection", "draw": draw | {"frame_share": True}}
    document["frames"] = [{"task_id": 1, "frame": 0}]
    assert "cannot read it" in imported(connection, json.dumps(document)).remark


def test_a_list_of_another_server(chosen: Selection, task: Task) -> None:
    """Its numbers mean other tasks here: names are looked up in the tasks that are named."""
    text = exported(chosen).replace(chosen.url, "https://other.example.com")
    result = imported(chosen.connection, text)
    assert {each.reason.value for each in result.unmatched} == {"no_task"}
    assert names(imported(chosen.connection, text, task.id)) == ODD[1:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no entries"),
        ("{", "begins like JSON"),
        ('{"frames": 1}', "no list of frames"),
        ("[" * 100_000, "cannot be read"),
        ("[1,2,3]", "may hold 2"),
        ("[" + "{}," * 200_000 + "{}]", "may hold 2"),
        ("a\n" * 3, "more than 2 entries"),
        ("filename\n" + "a\n" * 3, "more than 2 entries"),
        ("frame,filename\n1," + "x" * 200_000, "cannot be read as CSV"),
        ('{"format": "cvat-image-selection", "frames": [], "name": "\\ud800"}', "are no text"),
        ('{"format": "cvat-image-selection", "frames": [], "note": "\\u0000"}', "are no text"),
    ],
)
def test_what_is_no_list(connection: Connection, settings: object, text: str, message: str) -> None:
    settings.MAX_SELECTION_FRAMES = 2
    with pytest.raises(InvalidInput, match=message):
        imported(connection, text)


def exported(selection: Selection) -> str:
    client = Client()
    client.force_login(selection.owner)
    return client.get(f"/selections/{selection.pk}/frames.json").getvalue().decode()


def test_no_more_entries_are_read_than_may_be() -> None:
    """16 MB of short names took 1.8 GB."""
    tracemalloc.start()
    try:
        for text in ("ab\n" * 100_000, "filename\n" + "ab\n" * 100_000):
            with pytest.raises(ValueError, match="more than 10 entries"):
                read_list(text, most=10)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("tasks_at_once", [2, 20])
def test_names_in_many_tasks(
    connection: Connection,
    task: Task,
    standin: StandIn,
    tasks_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A message names a few of the tasks alone: it comes with every entry that does not match."""
    monkeypatch.setattr(importing, "TASKS_AT_ONCE", tasks_at_once)
    others = [
        standin.world.add_task(f"Other {number}", owner="demo", images=["o.jpg", f"{number}.jpg"])
        for number in range(4)
    ]
    ids = [task.id, *(each.id for each in others)]
    result = imported(connection, "2.jpg\nm.jpg\no.jpg\nno.jpg", *ids, saves_partly=True)
    assert [frame.task_id for frame in result.selection.frames.all()] == [others[2].id]
    assert reasons(result) == [(2, "ambiguous"), (3, "ambiguous"), (4, "not_there")]
    assert "4 frames have this name" in result.unmatched[1].message
    few = ", ".join(map(str, ids[:3]))
    assert result.unmatched[2].message == f"No picture of task {few} and 2 others has this name."


def test_tasks_of_very_many_frames(
    connection: Connection, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_FRAMES", len(ODD) + 1)
    assert names(imported(connection, "ö.jpg", task.id))
    with pytest.raises(InvalidInput, match="more frames than can be looked through"):
        imported(connection, "ö.jpg", task.id, 1)


def test_tasks_that_are_not_shown_hold_up_no_others(connection: Connection, task: Task) -> None:
    rows = [(987654, 0), (task.id, 1), (987655, 0), (1, 3)]
    text = "task_id,frame\n" + "\n".join(f"{task_id},{frame}" for task_id, frame in rows)
    result = imported(connection, text, saves_partly=True)
    assert reasons(result) == [(2, "not_visible"), (4, "not_visible")]
    assert [(each.task_id, each.frame) for each in result.selection.frames.all()] == [
        (1, 3),
        (task.id, 1),
    ]
    # A task that the person names must be there.
    with pytest.raises(CvatNotFound):
        imported(connection, "ö.jpg", task.id, 987654)


# --- page and API ---


def test_the_page(client: Client, alice: User, connection: Connection, task: Task) -> None:
    client.force_login(alice)
    body = {"pasted": "=b.jpg\nnothing.jpg", "tasks": f"#{task.id} task {task.id};"}
    answer = client.post("/selections/import", body)
    assert answer.status_code == 200
    assert "1 of the list does not match" in answer.text
    why = f"No picture of task {task.id} has this name."
    assert f'<td data-label="Why">{why}</td>' in answer.text
    answer = client.post("/selections/import", body | {"saves_partly": "on"}, follow=True)
    assert "1 frame is saved; 1 of the list did not match." in answer.text
    assert Selection.objects.get().frames.get().filename == "=b.jpg"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 200, "Choose a file, or paste a list."),
        ({"pasted": "a", "tasks": "one"}, 200, "“one” is not the number of a task"),
        ({"pasted": "a", "tasks": "987654"}, 404, "987654"),
        ({"pasted": "{"}, 400, "begins like JSON"),
    ],
)
def test_what_the_page_refuses(
    client: Client, alice: User, connection: Connection, body: dict, status: int, text: str
) -> None:
    client.force_login(alice)
    answer = client.post("/selections/import", body)
    assert answer.status_code == status
    assert text in answer.text


def test_the_api_tells_so_many_entries_that_do_not_match(
    api: APIClient, connection: Connection, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_importing, "MOST_TOLD", 2)
    body = {"text": "1.jpg\n2.jpg\n3.jpg", "tasks": [task.id]}
    answer = api.post("/api/selections/import", body).json()
    assert [each["line"] for each in answer["unmatched"]] == [1, 2]
    assert answer["unmatched_count"] == 3


def test_the_api(api: APIClient, connection: Connection, task: Task) -> None:
    body = {"text": "=b.jpg\nnothing.jpg", "tasks": [task.id]}
    answer = api.post("/api/selections/import", body)
    assert answer.status_code == 200
    assert answer.json() == {
        "selection": None,
        "matched": 1,
        "repeated": 0,
        "unmatched": [
            {
                "line": 2,
                "text": "nothing.jpg",
                "reason": "not_there",
                "message": f"No picture of task {task.id} has this name.",
            }
        ],
        "unmatched_count": 1,
        "remark": "",
    }
    answer = api.post("/api/selections/import", body | {"saves_partly": True, "name": "One"})
    assert answer.status_code == 201
    assert answer.json()["selection"]["frames_count"] == 1
    assert answer.json()["selection"]["name"] == "One"
    assert api.post("/api/selections/import", {"list": "x"}).status_code == 400
