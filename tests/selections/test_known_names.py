"""Frames whose file names are in other tasks are left out of a draw, by three rules of matching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selections.draws import Draw
from selections.known_names import AS_IS, BASE_NAME, MATCHES, WITHOUT_JOB_ID, KnownNames
from selections.models import Selection
from selections.services.known_names import ALL_NAMED
from selections.templatetags.draws_text import asked_for, in_words
from selector.models import Connection
from standin.samples import sample_world
from standin.server import StandIn
from standin.world import Task, World
from tests.making import connected


@pytest.mark.parametrize(
    ("one", "other", "matches"),
    [
        ("cam_a/1.jpg", "cam_a/1.jpg", {AS_IS, BASE_NAME, WITHOUT_JOB_ID}),
        ("cam_a/1.jpg", "cam_b/1.jpg", {BASE_NAME, WITHOUT_JOB_ID}),
        ("cam_a/1.jpg", "out/37_1.jpg", {WITHOUT_JOB_ID}),
        ("12_1.jpg", "37_1.jpg", {WITHOUT_JOB_ID}),
        ("1.jpg", "1.JPG", set()),
        ("12_", "", set()),
        ("_1.jpg", "1.jpg", set()),
        ("a12_1.jpg", "1.jpg", set()),
    ],
)
def test_which_names_are_the_same(one: str, other: str, matches: set[str]) -> None:
    rules = (KnownNames(match=key) for key, _ in MATCHES)
    assert {rule.match for rule in rules if rule.key(one) == rule.key(other)} == matches


def test_a_draw_keeps_them() -> None:
    names = {"tasks": [{"url": "", "task_id": 9}, {"url": "https://b", "task_id": 2}]}
    body = {"frame_selection_method": "random_uniform", "task_id": 1, "frame_count": 3}
    draw = Draw.from_json({**body, "exclude_filenames": {**names, "match": BASE_NAME}})
    assert draw.to_json()["exclude_filenames"] == {**names, "match": BASE_NAME}
    assert Draw.from_json(draw.to_json()) == draw
    assert "exclude_filenames" not in Draw.from_json(body).to_json()


@pytest.mark.parametrize(
    "stored",
    [
        {"tasks": [{"task_id": "9"}]},
        {"tasks": [{"task_id": True}]},
        {"tasks": [{"task_id": 0}]},
        {"tasks": [{"task_id": 9, "url": 1}]},
        {"tasks": [{"task_id": number} for number in range(1, 52)]},
        {"tasks": [{"task_id": 9}], "match": "alike"},
    ],
)
def test_a_list_from_elsewhere_cannot_bring_others(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"task|match"):
        KnownNames.from_json(stored)


@dataclass(frozen=True)
class Tasks:
    """`new` has 20 images in two jobs; `old` has ten of them, uploaded again from downloads."""

    new: Task
    old: Task

    def body(self, match: str = WITHOUT_JOB_ID, url: str = "", **values: Any) -> dict[str, Any]:
        return {
            "task_id": self.new.id,
            "random_seed": 7,
            "frame_selection_method": "random_per_job",
            "frames_per_job_count": 10,
            "exclude_filenames": {
                "tasks": [{"task_id": self.old.id, **({"url": url} if url else {})}],
                "match": match,
            },
            **values,
        }


def add_old(world: World, task_id: int | None = None) -> Task:
    return world.add_task(
        "Labelled before",
        task_id=task_id,
        owner="demo",
        images=[f"cam_b/{37 + number % 2}_{number:02d}.jpg" for number in range(5, 15)],
    )


@pytest.fixture
def tasks(standin: StandIn) -> Tasks:
    images = [f"cam_a/{number:02d}.jpg" for number in range(20)]
    new = standin.world.add_task("New", owner="demo", images=images, segment_size=12)
    return Tasks(new, add_old(standin.world))


@pytest.fixture
def elsewhere(settings: Any, standin: StandIn, tasks: Tasks) -> Iterator[StandIn]:
    """Another CVAT server, which has the old task alone."""
    del standin.world.tasks[tasks.old.id]
    with StandIn(sample_world()) as server:
        add_old(server.world, tasks.old.id)
        settings.CVAT_ALLOWED_URLS = [standin.url, server.url]
        yield server


def test_they_are_left_out_and_counted_per_job(
    api: APIClient, connection: Connection, tasks: Tasks
) -> None:
    drawn = api.post("/api/random-select", tasks.body(), format="json").json()
    assert [each["frame"] for each in drawn["images"]] == [*range(5), *range(15, 20)]
    rows = [(job["known_names"], job["selected"], job["total"]) for job in drawn["job_summary"]]
    assert rows == [(7, 5, 5), (3, 5, 5)]
    assert drawn["known_names_count"] == 10
    plain = api.post("/api/random-select", tasks.body(AS_IS), format="json").json()
    assert (plain["count"], plain["known_names_count"]) == (18, 0)


def test_the_jobs_of_several_tasks_are_counted_by_their_own_frames(
    api: APIClient, connection: Connection, tasks: Tasks, standin: StandIn
) -> None:
    """The later task has known names at its frames 2 to 4, in its first job."""
    images = [f"cam_c/{number:02d}.jpg" for number in (30, 31, 5, 6, 7, 32, 33, 34)]
    later = standin.world.add_task("Later", owner="demo", images=images, segment_size=5)
    body = tasks.body(task_id=None, task_ids=[tasks.new.id, later.id])
    drawn = api.post("/api/random-select", body, format="json").json()
    rows = [(job["known_names"], job["selected"]) for job in drawn["job_summary"]]
    assert rows == [(7, 5), (3, 5), (3, 2), (0, 3)]
    assert drawn["known_names_count"] == 13


def test_only_candidates_are_counted(api: APIClient, connection: Connection, tasks: Tasks) -> None:
    first, second = tasks.new.jobs
    body = tasks.body(job_ids=[second.id], first_frame=13)
    drawn = api.post("/api/random-select", body, format="json").json()
    assert [job["known_names"] for job in drawn["job_summary"]] == [2]
    assert drawn["known_names_count"] == 2
    one = tasks.body(task_id=None, job_id=first.id)
    drawn = api.post("/api/random-select", one, format="json").json()
    assert [(job["known_names"], job["selected"]) for job in drawn["job_summary"]] == [(7, 5)]


def test_a_selection_and_a_recipe_keep_them(
    api: APIClient, connection: Connection, tasks: Tasks
) -> None:
    saved = api.post("/api/selections", tasks.body(), format="json")
    assert saved.status_code == 201, saved.content
    draw = saved.json()["draw"]
    assert draw["exclude_filenames"] == {
        "tasks": [{"task_id": tasks.old.id, "url": ""}],
        "match": WITHOUT_JOB_ID,
    }
    selection = Selection.objects.get()
    assert ", without those whose file name is in another task, drawn at" in in_words(selection)
    words = dict(asked_for(selection))["Left out: file names of"]
    assert words == f"task {tasks.old.id} (names compared {dict(MATCHES)[WITHOUT_JOB_ID]})"
    again = api.post(f"/api/selections/{selection.pk}/draw-again", {}, format="json").json()
    assert (again["same"], again["new"]) == (10, 0)
    recipe = api.post("/api/recipes", {"name": "Weekly", "selection": selection.pk}, format="json")
    assert recipe.json()["draw"]["exclude_filenames"] == draw["exclude_filenames"]


def test_tasks_of_another_server_are_read_with_the_connection_of_the_person(
    api: APIClient,
    connection: Connection,
    tasks: Tasks,
    elsewhere: StandIn,
    alice: User,
    bob: User,
) -> None:
    body = tasks.body(url=f"{elsewhere.url}/", connection=connection.pk)
    connected(bob, elsewhere)
    refused = api.post("/api/random-select", body, format="json")
    assert refused.status_code == 400
    assert (
        f"on {elsewhere.url} cannot be left out: you are not connected" in refused.json()["message"]
    )
    connected(alice, elsewhere)
    drawn = api.post("/api/random-select", body, format="json").json()
    assert (drawn["count"], drawn["known_names_count"]) == (10, 10)


def test_what_cvat_does_not_show_is_not_read(
    api: APIClient, connection: Connection, tasks: Tasks
) -> None:
    tasks.old.owner = None
    refused = api.post("/api/random-select", tasks.body(), format="json")
    assert refused.status_code in (403, 404), refused.content


@pytest.mark.parametrize(
    ("excluded", "told"),
    [
        ({"tasks": []}, "tasks"),
        ({"tasks": [{"task_id": 1}] * 51}, "tasks"),
        ({"tasks": [{"task_id": 1, "url": "ftp://a"}]}, "Only addresses with"),
        ({"tasks": [{"task_id": 1}], "match": "alike"}, "match"),
        ({"tasks": [{"task_id": 1, "job_id": 3}]}, "job_id"),
    ],
)
def test_wrong_input_is_refused(
    api: APIClient, connection: Connection, excluded: dict[str, Any], told: str
) -> None:
    body = {"task_id": 2, "count": 2, "exclude_filenames": excluded}
    refused = api.post("/api/random-select", body, format="json")
    assert refused.status_code == 400
    assert told in refused.json()["message"]


def test_nothing_left_to_draw_says_why(
    api: APIClient, connection: Connection, tasks: Tasks
) -> None:
    itself = {"tasks": [{"task_id": tasks.new.id}]}
    refused = api.post("/api/random-select", tasks.body(exclude_filenames=itself), format="json")
    assert refused.status_code == 400
    assert "the frames are drawn from it" in refused.json()["message"]
    swapped = Tasks(tasks.old, tasks.new).body()
    refused = api.post("/api/random-select", swapped, format="json")
    assert refused.status_code == 400
    assert refused.json()["message"] == ALL_NAMED
