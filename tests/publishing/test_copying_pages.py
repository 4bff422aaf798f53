"""The page and the API on which annotations are copied: look, decide, send."""

from __future__ import annotations

import base64
import html
import io
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from publishing.models import Publication, WritePermission
from selections.services import counting_place
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import api_of
from tests.publishing.making import annotate

pytestmark = pytest.mark.usefixtures("sent")

PAGE, ADDRESS = "/publications/copy-annotations", "/api/copy-annotations"


@pytest.fixture
def old(standin: StandIn) -> Task:
    """A car and a dog on the first of two pictures."""
    names = ["a/1.jpg", "a/2.jpg"]
    task = standin.world.add_task("Old", owner="demo", images=names, labels=["car", "dog"])
    shapes = [
        {"type": "rectangle", "frame": 0, "label_id": label.id, "points": [1, 2, 3, 4]}
        for label in task.labels
    ]
    annotate(standin, task.jobs[0], shapes=shapes)
    return task


@pytest.fixture
def new(standin: StandIn) -> Task:
    return standin.world.add_task("New", owner="demo", images=["a/1.jpg"], labels=["car", "cat"])


@pytest.fixture
def places(connection: Connection, old: Task, new: Task) -> dict[str, object]:
    tasks = {"source_task": f"{connection.url}/tasks/{old.id}", "task": f"#{new.id}"}
    return {"source_connection": connection.pk, "connection": connection.pk, **tasks}


def test_the_list_of_publications_leads_there(web: Client) -> None:
    assert f'href="{PAGE}"' in web.get("/publications/").text


def test_the_page_shows_what_fits_and_asks_for_the_labels(
    web: Client, places: dict[str, object], connection: Connection, new: Task
) -> None:
    page = f"{PAGE}?connection={connection.pk}&task={new.id}"
    assert f'value="{new.id}"' in web.get(page).text
    shown = web.post(PAGE, {**places, "look": "1"}).text
    assert "1 of 2 are in New" in shown
    assert "1 to copy, to 1 frame" in shown
    assert "Not everything fits (1 object: the task has no label “dog”)" in shown
    assert "<li>1 object: the task has no label “dog”</li>" in shown
    assert 'name="label:dog"' in shown
    assert '<td data-label="In New">' in shown
    refused = web.post(PAGE, {**places, "label:dog": "?"})
    assert refused.status_code == 409
    assert "Say that what does not fit is left out" in refused.text
    assert "In the API" not in refused.text
    dry = web.post(PAGE, {**places, "label:dog": "cat", "show": "1"}).text
    assert "Add 2 objects to job" in dry
    none = web.post(PAGE, {**places, "label:car": "", "label:dog": "", "show": "1"}).text
    assert "There is nothing to copy" in none
    assert not Publication.objects.exists()


def test_the_page_asks_for_it(
    web: Client, places: dict[str, object], permission: WritePermission, old: Task
) -> None:
    answer = web.post(PAGE, {**places, "label:dog": ""})
    publication = Publication.objects.get()
    assert answer.url == f"/publications/{publication.pk}"
    assert publication.options["labels"] == {"dog": ""}
    shown = web.get(answer.url).text
    assert f"task {old.id} (Old)" in shown
    assert "Selection" not in shown.split("<dl", 1)[1].split("</dl>")[0]
    Publication.objects.update(status="failed")
    again = Publication.objects.get().again_url
    assert f'href="{html.escape(again)}">Try again' in web.get(answer.url).text
    assert f'name="task" value="{publication.task_id}"' in web.get(again).text


def test_the_file_is_kept_when_the_task_is_mistyped(
    web: Client, connection: Connection, permission: WritePermission, new: Task
) -> None:
    to = {"source_connection": connection.pk, "connection": connection.pk}
    file = SimpleUploadedFile("round 1.xml", xml("car"))
    mistyped = web.post(PAGE, {**to, "task": "new", "file": file, "look": "1"})
    assert (mistyped.status_code, "is kept for an hour" in mistyped.text) == (400, True)
    kept = {"kept_file": mistyped.text.split('name="kept_file" value="')[1].split('"')[0]}
    assert "round 1.xml is kept" in web.post(PAGE, {**to, **kept, "task": new.id, "look": "1"}).text


def test_the_file_is_kept_while_the_permission_is_given(
    web: Client, connection: Connection, new: Task
) -> None:
    to = {"source_connection": connection.pk, "connection": connection.pk, "task": new.id}
    early = web.post(PAGE, {**to, "file": SimpleUploadedFile("round 1.xml", xml("car"))})
    assert early.status_code == 409
    assert "Allow it first" in early.text
    kept = {"kept_file": early.text.split('name="kept_file" value="')[1].split('"')[0]}
    allow = f"/publications/connections/{connection.pk}/permission"
    web.post(allow, {"password": "demo-password"})
    assert web.post(PAGE, {**to, **kept}).url == f"/publications/{Publication.objects.get().pk}"


def test_what_is_no_task_is_told(web: Client, places: dict[str, object]) -> None:
    wrong = web.post(PAGE, {**places, "task": "the new one"})
    assert wrong.status_code == 400
    assert "Type the number of a task" in wrong.text
    gone = web.post(PAGE, {**places, "task": "99999"})
    assert gone.status_code == 404
    assert "Task 99999 does not exist" in gone.text


def test_the_api_says_what_fits_and_copies(
    api: APIClient, connection: Connection, permission: WritePermission, old: Task, new: Task
) -> None:
    own = {"source_connection": connection.pk, "connection": connection.pk}
    body = {**own, "source_task_id": old.id, "task_id": new.id}
    plan = api.post(ADDRESS, {**body, "dry_run": True}).json()
    assert (plan["objects_count"], plan["pictures_count"]) == (1, 1)
    assert plan["labels"][1] == {"name": "dog", "objects_count": 1, "of_task": None}
    assert plan["left_out"] == {"objects: the task has no label “dog”": 1}
    assert plan["requests"][0]["text"] == f"Add 1 object to job {new.jobs[0].id}"
    undecided = api.post(ADDRESS, body)
    assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_needed")
    assert undecided.json()["detail"].endswith(" In the API: `labels` or `partly`.")
    assert api.post(ADDRESS, {**body, "labels": {"dog": "cow"}}).status_code == 400
    answer = api.post(ADDRESS, {**body, "labels": {"dog": "cat"}})
    assert (answer.status_code, answer.json()["target"]) == (202, "copy")
    assert answer.json()["selection"] is None
    assert "jobs" in Publication.objects.get().plan


def test_a_task_is_not_copied_onto_itself(
    web: Client, api: APIClient, places: dict[str, object], connection: Connection, old: Task
) -> None:
    same = web.post(PAGE, {**places, "task": str(old.id), "look": "1"})
    assert (same.status_code, "Name another task to copy to." in same.text) == (400, True)
    own = {"source_connection": connection.pk, "connection": connection.pk}
    answer = api.post(ADDRESS, {**own, "source_task_id": old.id, "task_id": old.id})
    assert (answer.status_code, "Name another task" in answer.json()["detail"]) == (400, True)


def test_the_connection_of_somebody_else_is_none(
    bob: User, connection: Connection, old: Task, new: Task
) -> None:
    own = {"source_connection": connection.pk, "connection": connection.pk}
    body = {**own, "source_task_id": old.id, "task_id": new.id}
    assert api_of(bob).post(ADDRESS, body).status_code == 404


def xml(*labels: str) -> bytes:
    boxes = "".join(
        f'<box label="{label}" xtl="1" ytl="2" xbr="{3 + k}" ybr="4"/>'
        for k, label in enumerate(labels)
    )
    image = f'<image id="0" name="a/1.jpg" width="64" height="48">{boxes}</image>'
    return f"<annotations>{image}</annotations>".encode()


def test_the_page_copies_from_a_file_that_is_chosen_once(
    web: Client, connection: Connection, permission: WritePermission, new: Task
) -> None:
    to = {"source_connection": connection.pk, "connection": connection.pk, "task": new.id}
    file = SimpleUploadedFile("round 1.xml", xml("car", "dog"))
    shown = web.post(PAGE, {**to, "look": "1", "file": file}).text
    assert "round 1.xml is kept for an hour" in shown
    assert "the task has no label “dog”" in shown
    kept = {"kept_file": shown.split('name="kept_file" value="')[1].split('"')[0]}
    mistyped = web.post(PAGE, {**to, **kept, "task": "new", "look": "1"})
    assert (mistyped.status_code, kept["kept_file"] in mistyped.text) == (400, True)
    answer = web.post(PAGE, {**to, **kept, "label:dog": "cat"})
    publication = Publication.objects.get()
    assert (answer.url, publication.selection_name) == (
        f"/publications/{publication.pk}",
        "round 1.xml",
    )
    other = web.post(PAGE, {**to, "kept_file": "0" * 64, "look": "1"})
    assert other.status_code == 400
    assert "Choose it again." in other.text
    neither = web.post(PAGE, {**to, "look": "1"})
    assert "Name a task to copy from, or choose a file." in neither.text
    broken = SimpleUploadedFile("a.xml", b"<annotations>")
    told = web.post(PAGE, {**to, "look": "1", "file": broken}).text
    assert "The file cannot be read. It is no well-formed XML: no element found" in told


def test_the_page_copies_from_a_zip_of_yolo(
    web: Client, connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    """Its coordinates are shares of the pictures of the task."""
    named = ["a/1.jpg", "a/2.jpg"]
    labels = ["car", {"name": "road", "type": "polygon"}]
    task = standin.world.add_task("New", owner="demo", images=named, labels=labels)
    corners = "0.1 0.1 0.5 0.1 0.5 0.3 0.1 0.3"
    files = {
        "data.yaml": "names: [car, road, dog]",
        "labels/a/1.txt": f"0 {corners}\n1 {corners}\n2 {corners}",
        "labels/b/2.txt": "0 0.5 0.5 1 1",
        "labels/b/3.txt": f"0 {corners}",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    to = {"source_connection": connection.pk, "connection": connection.pk, "task": task.id}
    file = SimpleUploadedFile("yolo.zip", packed.getvalue())
    shown = web.post(PAGE, {**to, "look": "1", "file": file}).text
    assert "2 of 3 are in New, 1 of them in another folder" in shown
    assert (
        "1 object on a picture without a counterpart: no picture of the task has this name" in shown
    )
    assert "1 object: the task has no label “dog”" in shown
    kept = {"kept_file": shown.split('name="kept_file" value="')[1].split('"')[0]}
    web.post(PAGE, {**to, **kept, "partly": "1"})
    [job] = Publication.objects.get().plan["jobs"]
    with connection.client() as client:
        info = client.task_meta(task.id).frames[0]
    width, height = info.width, info.height
    left, top = round(0.1 * width, 2), round(0.1 * height, 2)
    right, bottom = round(0.5 * width, 2), round(0.3 * height, 2)
    copied = [(each["frame"], each["type"], each["points"]) for each in job["objects"]["shapes"]]
    assert copied == [
        (0, "rectangle", [left, top, right, bottom]),
        (0, "polygon", [left, top, right, top, right, bottom, left, bottom]),
        (1, "rectangle", [0, 0, width, height]),
    ]


def test_the_api_copies_from_the_text_of_a_file(
    api: APIClient, connection: Connection, permission: WritePermission, new: Task
) -> None:
    body = {"connection": connection.pk, "task_id": new.id, "file_text": xml("car").decode()}
    plan = api.post(ADDRESS, {**body, "dry_run": True}).json()
    assert (plan["objects_count"], plan["left_out"]) == (1, {})
    answer = api.post(ADDRESS, {**body, "file_name": "mine.xml"})
    assert (answer.status_code, answer.json()["selection_name"]) == (202, "mine.xml")
    both = api.post(ADDRESS, {**body, "source_task_id": 1, "source_connection": connection.pk})
    assert both.status_code == 400
    assert "Name a task" in both.text
    assert api.post(ADDRESS, {"connection": 1, "task_id": 1}).status_code == 400
    assert api.post(ADDRESS, {**body, "file_text": "{}"}).status_code == 400


def test_the_api_copies_from_a_zip(api: APIClient, connection: Connection, new: Task) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("obj.names", "car")
        archive.writestr("obj_train_data/a/1.txt", "0 0.5 0.5 0.5 0.5")
    text = base64.b64encode(packed.getvalue()).decode()
    body = {"connection": connection.pk, "task_id": new.id, "dry_run": True}
    plan = api.post(ADDRESS, {**body, "zip_base64": text})
    assert (plan.status_code, plan.json()["objects_count"]) == (200, 1)
    wrong = api.post(ADDRESS, {**body, "zip_base64": "no ü"})
    assert (wrong.status_code, "This is no Base64." in wrong.text) == (400, True)
    both = api.post(ADDRESS, {**body, "zip_base64": text, "file_text": "{}"})
    assert (both.status_code, "give one file" in both.text) == (400, True)
    not_zipped = base64.b64encode(b"obj.names").decode()
    assert "none of the files" in api.post(ADDRESS, {**body, "zip_base64": not_zipped}).text


def test_what_is_left_out_is_listed_up_to_a_limit(
    web: Client, connection: Connection, new: Task
) -> None:
    named = "".join(f'<attribute name="{k}">1</attribute>' for k in range(500))
    box = f'<box label="car" xtl="1" ytl="2" xbr="3" ybr="4">{named}</box>'
    text = f'<annotations><image name="a/1.jpg">{box}</image></annotations>'
    shown = look(web, connection, new, text.encode()).text
    assert shown.count("has no attribute “") < 250
    assert "<li>300 objects or attribute values: other reasons</li>" in shown


def test_more_labels_than_can_be_assigned_are_refused(
    web: Client, connection: Connection, new: Task
) -> None:
    """Each would be a field of the page with every label of the task."""
    answer = look(web, connection, new, xml(*(f"label {k}" for k in range(501))))
    assert answer.status_code == 400
    assert "have 501 labels, more than can be assigned" in answer.text


def test_one_file_of_a_person_is_read_at_a_time(
    web: Client, connection: Connection, new: Task, alice: User
) -> None:
    with counting_place(alice):
        assert look(web, connection, new, xml("car")).status_code == 503
    shown = look(web, connection, new, xml("car"))
    assert shown.status_code == 200
    kept = {"kept_file": shown.text.split('name="kept_file" value="')[1].split('"')[0]}
    to = {"source_connection": connection.pk, "connection": connection.pk, "task": new.id}
    with counting_place(alice):
        busy = web.post(PAGE, {**to, **kept, "look": "1"})
    assert (busy.status_code, kept["kept_file"] in busy.text) == (503, True)


@pytest.mark.parametrize("name", [r"\ud83d", r"\u0000"])
def test_characters_that_are_no_text_are_refused(
    web: Client, connection: Connection, new: Task, name: str
) -> None:
    """No page could show them, and not every database stores them."""
    category = f'{{"id": 1, "name": "{name}"}}'
    text = f"""{{"images": [{{"id": 1, "file_name": "a/1.jpg"}}], "categories": [{category}],
        "annotations": [{{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}}]}}"""
    answer = look(web, connection, new, text.encode())
    assert answer.status_code == 400
    assert "characters that are no text" in answer.text


def look(web: Client, connection: Connection, new: Task, file: bytes) -> Any:
    """The page after a look at a file."""
    to = {"source_connection": connection.pk, "connection": connection.pk, "task": new.id}
    return web.post(PAGE, {**to, "look": "1", "file": SimpleUploadedFile("file", file)})
