"""A draw method that only the registry knows works everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from drf_spectacular.plumbing import _load_enum_name_overrides
from rest_framework.test import APIClient

from selections.draws import Draw
from selections.methods import METHODS
from selections.methods.method import Facts, Method, Parameter
from selections.models import Selection
from selections.sampling import MAX_SEED, Amount, Candidates, Sample, counted_for_first_job
from selector.models import Connection


def draw_first(candidates: Candidates, amount: Amount, seed: int, facts: Facts) -> Sample:
    count, start = amount.of(len(candidates.frames)), amount.settings["first_place"]
    drawn = candidates.frames[start : start + count]
    return counted_for_first_job(candidates, drawn, requested=count)


FIRST = Method(
    key="first_frames",
    label="the first ones",
    short_label="First",
    description="so many from the beginning",
    parameters=(
        Parameter("first_count", "count", "First frames", "How many to take."),
        Parameter(
            "first_place",
            "number",
            "From place",
            "The first.",
            minimum=0,
            default=0,
            maximum=9,
        ),
    ),
    draw=draw_first,
    is_random=False,
    manner="the first from place {first_place}",
)


@pytest.fixture(autouse=True)
def third(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(METHODS, FIRST.key, FIRST)
    _load_enum_name_overrides.cache_clear()
    yield
    _load_enum_name_overrides.cache_clear()


ASKED = {
    "task_id": 1,
    "frame_selection_method": "first_frames",
    "first_count": 3,
    "first_place": 2,
}


@pytest.fixture
def saved(api: APIClient, connection: Connection) -> Selection:
    answer = api.post("/api/selections", {**ASKED, "random_seed": 5, "name": "Firsts"})
    assert answer.status_code == 201, answer.content
    return Selection.objects.get(pk=answer.json()["id"])


def test_in_a_draw_that_is_not_saved(api: APIClient, connection: Connection) -> None:
    drawn = api.post("/api/random-select", ASKED).json()
    assert [image["frame"] for image in drawn["images"]] == [2, 3, 4]
    assert (drawn["requested"], drawn["per_job_count"]) == (3, None)
    from_the_first = {name: value for name, value in ASKED.items() if name != "first_place"}
    drawn = api.post("/api/random-select", from_the_first).json()
    assert [image["frame"] for image in drawn["images"]] == [0, 1, 2]
    refused = api.post("/api/random-select", {**ASKED, "first_place": 10})
    assert refused.status_code == 400
    assert "from place must be a whole number, 0 to 9." in refused.json()["message"]
    refused = api.post("/api/random-select", {**ASKED, "frame_share": 0.5})
    assert refused.status_code == 400
    assert "goes with frame_selection_method random_uniform" in refused.json()["message"]
    other = {**ASKED, "frame_selection_method": "random_per_job", "frames_per_job_count": 1}
    assert (
        "goes with frame_selection_method first_frames"
        in api.post("/api/random-select", other).json()["message"]
    )


def test_in_a_saved_selection(api: APIClient, saved: Selection) -> None:
    assert list(saved.frames.values_list("frame", flat=True)) == [2, 3, 4]
    assert saved.get_draw() == Draw(
        task_id=1, method="first_frames", count=3, settings={"first_place": 2}, seed=5
    )
    answer = api.get(f"/api/selections/{saved.pk}").json()
    assert answer["draw"] == {**ASKED, "job_id": None, "random_seed": 5}
    assert answer["parameters"] == {
        "task_id": 1,
        "job_id": None,
        "first_count": 3,
        "first_place": 2,
    }
    listed = api.get("/api/selections?frame_selection_method=first_frames").json()
    assert [each["id"] for each in listed["results"]] == [saved.pk]


def test_in_the_schema(api: APIClient, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    shapes = json.loads(capsys.readouterr().out)["components"]["schemas"]
    assert shapes["RandomSelectRequest"]["properties"]["first_count"]["description"] == (
        "How many to take."
    )
    assert shapes["RandomSelectRequest"]["properties"]["first_place"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "description": "The first. 0 unless given.",
    }
    assert "first_frames" in shapes["DrawMethodEnum"]["enum"]
    method = shapes["Selection"]["properties"]["frame_selection_method"]
    assert "`first_frames`: so many from the beginning." in method["description"]


def test_in_the_pages(client: Client, alice: User, saved: Selection) -> None:
    client.force_login(alice)
    workspace = client.get(reverse("selector:choose"), {"task": 1}).content.decode()
    assert '<input type="radio" name="mode" value="first_frames"><span>First</span>' in workspace
    [listed] = re.findall(r'<script id="draw-methods"[^>]*>(.*?)</script>', workspace)
    assert json.loads(listed)[-1] == {
        "key": "first_frames",
        "label": "First",
        "description": "so many from the beginning",
        "isPerJob": False,
        "isPerLabel": False,
        "isRandom": False,
        "nestedUpTo": None,
        "isForOneJob": True,
        "isForOneTask": True,
        "shortage": "",
        "amounts": [{"name": "first_count", "kind": "count", "label": "First frames"}],
        "settings": [
            {
                "name": "first_place",
                "label": "From place",
                "description": "The first.",
                "default": 0,
            }
        ],
    }
    assert 'id="setting-first_place"' in workspace
    page = client.get(saved.get_absolute_url()).content.decode()
    assert "3 frames of task 1, the first from place 2. Saved by" in page
    assert "<dt>From place</dt>" in page
    assert "<dt>First frames</dt>" in page
    assert "the first ones" in page
    found = client.get(reverse("selections:list"), {"method": "first_frames"}).content.decode()
    assert "Firsts" in found


def test_in_the_admin_site(client: Client, admin: User, saved: Selection) -> None:
    client.force_login(admin)
    address = reverse("admin:selections_selection_changelist")
    answer = client.get(address, {"frame_selection_method__exact": "first_frames"})
    text = answer.content.decode()
    assert "Firsts" in text
    assert "the first ones" in text
    page = client.get(reverse("admin:selections_selection_change", args=[saved.pk]))
    assert "first_count" in page.content.decode()
    assert "first_place" in page.content.decode()


def test_drawn_again(api: APIClient, saved: Selection) -> None:
    answer = api.post(f"/api/selections/{saved.pk}/draw-again")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["same"], answer.json()["new"]) == (3, 0)
    assert answer.json()["selection"]["draw"] == {**ASKED, "job_id": None, "random_seed": 5}


def test_without_a_migration(db: None) -> None:
    call_command("makemigrations", "selections", "--check", "--dry-run")


@pytest.mark.parametrize(
    "draw",
    [
        Draw(task_id=1, count=3, seed=7),
        Draw(task_id=None, job_id=3, share=0.5),
        Draw(
            task_id=1,
            job_ids=(2, 3),
            method="random_uniform",
            share=1.0,
            seed=0,
            exclude_selections=(9,),
            filename_contains="cam_a img",
        ),
        Draw(task_id=1, method="every_nth", settings={"frame_step": 5}, seed=3),
    ],
)
def test_what_is_written_is_read(draw: Draw) -> None:
    assert Draw.from_json(json.loads(json.dumps(draw.to_json()))) == draw


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_out_of_range_is_no_draw(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        Draw(task_id=1, count=1, seed=seed)


def test_settings_of_another_method_are_no_draw() -> None:
    with pytest.raises(ValueError, match="settings of random_uniform: frame_step"):
        Draw(task_id=1, method="random_uniform", count=1, settings={"frame_step": 5})


def test_a_setting_that_is_not_stored_has_its_default() -> None:
    """As of draws that were stored before the method had it."""
    draw = Draw.from_json({"frame_selection_method": "every_nth", "task_id": 1})
    assert draw.settings == {"frame_step": 10}


@pytest.mark.parametrize("path", ["random-select", "selections"])
def test_a_method_without_an_amount(api: APIClient, connection: Connection, path: str) -> None:
    asked = {"task_id": 1, "frame_selection_method": "every_nth", "frame_step": 100}
    answer = api.post(f"/api/{path}", asked)
    assert answer.status_code in (200, 201), answer.content
    refused = api.post(f"/api/{path}", {**asked, "count": 5})
    assert refused.status_code == 400
    assert "count" in refused.content.decode()
