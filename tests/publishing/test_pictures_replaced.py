"""A new task with uploaded pictures in place of those of its frames: just these, each on its frame,
and none of the others by mistake."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.exceptions import ChoiceNeeded
from publishing.models import Publication, Upload, WritePermission
from publishing.new_task import NewTaskOptions
from publishing.stored_files import HEAD_BYTES
from publishing.tasks import clear_debris
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_upload
from tests.publishing.making import carried_out, request_task, request_tasks
from tests.selections.builds import data_requests, select

pytestmark = pytest.mark.usefixtures("places", "transactional_db", "sent", "permission")

FRAMES = [3, 7, 11]


@pytest.fixture
def selection(connection: Connection, task: Task) -> Selection:
    return select(connection, (task.id, FRAMES))


def blurred(size: tuple[int, int], *, orientation: int = 1) -> bytes:
    """A picture that CVAT shows in this size."""
    stored = size[::-1] if orientation > 4 else size
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", stored, "grey").save(file, "PNG" if orientation == 1 else "JPEG", exif=exif)
    return file.getvalue()


def size_of(selection: Selection) -> tuple[int, int]:
    frame = selection.frames.first()
    assert frame is not None
    return frame.width, frame.height


def name(selection: Selection, frame: int) -> str:
    return selection.frames.get(frame=frame).filename


def uploaded(selection: Selection, files: dict[str, bytes], *, is_zip: bool = True) -> Upload:
    if not is_zip:
        return make_upload(selection.owner, files)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return make_upload(selection.owner, {"blurred.zip": file.getvalue()})


def pictures_of(connection: Connection, publication: Publication) -> list[bytes]:
    with connection.client() as client:
        return [
            client.frame(task_id=publication.result_task_id, frame=number).content
            for number in range(publication.frames_total)
        ]


def originals(connection: Connection, task: Task) -> list[bytes]:
    with connection.client() as client:
        return [client.frame(task_id=task.id, frame=frame).content for frame in FRAMES]


@pytest.mark.parametrize("is_zip", [True, False])
def test_all_are_replaced(connection: Connection, selection: Selection, is_zip: bool) -> None:
    size = size_of(selection)
    files = {name(selection, frame): blurred(size) for frame in FRAMES}
    upload = uploaded(selection, files, is_zip=is_zip)
    done = carried_out(request_task(selection, replacement_upload_id=upload.pk))
    assert (done.error, done.status) == ("", "ready")
    assert pictures_of(connection, done) == [blurred(size)] * 3
    assert all(done.published_frames.values_list("is_replaced", flat=True))
    assert [frame.frame for frame in done.published_frames.all()] == FRAMES
    assert any("3 of them replaced by yours" in step["text"] for step in done.steps)
    assert not Upload.objects.exists()
    assert not upload.path.exists()


def test_pictures_that_are_replaced_are_not_fetched(selection: Selection, standin: StandIn) -> None:
    files = {name(selection, frame): blurred(size_of(selection)) for frame in FRAMES}
    publication = request_task(selection, replacement_upload_id=uploaded(selection, files).pk)
    standin.requests.clear()
    assert carried_out(publication).status == "ready"
    assert data_requests(standin) == []


def test_the_others_keep_their_originals_when_that_is_said(
    connection: Connection, selection: Selection, task: Task
) -> None:
    before = originals(connection, task)
    files = {name(selection, 7): blurred(size_of(selection))}
    upload = uploaded(selection, files)
    with pytest.raises(
        ChoiceNeeded, match=r"2 frames have no picture in the upload: p03\.png, p11"
    ):
        request_task(selection, replacement_upload_id=upload.pk)
    asked = {"replacement_upload_id": upload.pk, "unreplaced_frames": "original"}
    done = carried_out(request_task(selection, **asked))
    assert (done.error, done.status) == ("", "ready")
    assert pictures_of(connection, done) == [before[0], blurred(size_of(selection)), before[2]]
    replaced = done.published_frames.filter(is_replaced=True)
    assert list(replaced.values_list("frame", flat=True)) == [7]


def test_a_misspelled_picture_leaves_no_original_unnoticed(selection: Selection) -> None:
    size = size_of(selection)
    files = {name(selection, 3): blurred(size), "P07.png": blurred(size)}
    asked = {"replacement_upload_id": uploaded(selection, files).pk}
    with pytest.raises(InvalidInput, match=r"1 picture has the name of no frame.*: P07\.png"):
        request_task(selection, **asked, unreplaced_frames="original")
    assert not Publication.objects.exists()


def test_more_pictures_than_frames_do_no_harm(selection: Selection) -> None:
    size = size_of(selection)
    files = {name(selection, frame): blurred(size) for frame in FRAMES}
    upload = uploaded(selection, files | {"p20.png": blurred(size)})
    assert carried_out(request_task(selection, replacement_upload_id=upload.pk)).status == "ready"


def test_another_size_is_refused_by_name(selection: Selection) -> None:
    width, height = size_of(selection)
    files = {name(selection, frame): blurred((width, height)) for frame in FRAMES}
    files[name(selection, 7)] = blurred((width, height + 1))
    with pytest.raises(InvalidInput, match=rf"1 picture has another size .* p07\.png \({width} × "):
        request_task(selection, replacement_upload_id=uploaded(selection, files).pk)


@pytest.mark.parametrize("size", [(322, 182), (321, 181)])
def test_frames_of_a_video_have_even_sides(
    connection: Connection, standin: StandIn, size: tuple[int, int]
) -> None:
    """As the pictures in its archive, from which the replacements were made (cvat-api 7.3)."""
    film = standin.world.add_task("odd", owner="demo", video=True, count=2, size=(321, 181))
    selection = select(connection, (film.id, None))
    files = {f"frame_{number:06d}.png": blurred(size) for number in range(2)}
    upload = uploaded(selection, files)
    done = carried_out(request_task(selection, replacement_upload_id=upload.pk))
    assert (done.error, done.status) == ("", "ready")
    compared = services.compare_results(user=connection.owner, publication=done)
    assert compared.resized_count == 0
    wrong = uploaded(selection, files | {"frame_000001.png": blurred((322, 181))})
    with pytest.raises(InvalidInput, match="1 picture has another size"):
        request_task(selection, replacement_upload_id=wrong.pk)


def test_sizes_are_those_of_turned_pictures(connection: Connection, selection: Selection) -> None:
    width, height = size_of(selection)
    selection.frames.filter(frame__in=[3, 7]).delete()
    turned = blurred((width, height), orientation=6)
    upload = uploaded(selection, {name(selection, 11): turned})
    done = carried_out(request_task(selection, replacement_upload_id=upload.pk))
    assert (done.error, done.status) == ("", "ready")


@pytest.mark.parametrize("is_zip", [True, False])
def test_the_size_may_stand_behind_much_else(selection: Selection, *, is_zip: bool) -> None:
    """As in photographs with large previews, which come before it."""
    width, height = size_of(selection)
    selection.frames.filter(frame__in=[3, 7]).delete()
    content = blurred((width, height + 1), orientation=6)
    preview = b"\xff\xe2\xff\xff" + bytes(0xFFFF - 2)
    content = content[:2] + preview * 20 + content[2:]
    assert len(content) > HEAD_BYTES
    upload = uploaded(selection, {name(selection, 11): content}, is_zip=is_zip)
    with pytest.raises(InvalidInput, match=rf"p11\.png \({width} × {height + 1}, its frame"):
        request_task(selection, replacement_upload_id=upload.pk)


def test_an_upload_without_a_fitting_name_is_refused(selection: Selection) -> None:
    upload = uploaded(selection, {"other.png": blurred(size_of(selection))})
    with pytest.raises(InvalidInput, match=r"None of the pictures .*other\.png.* name of a frame"):
        request_task(selection, replacement_upload_id=upload.pk)


def test_an_upload_of_somebody_else_is_none(selection: Selection, bob: User) -> None:
    upload = make_upload(bob, {name(selection, 3): blurred(size_of(selection))})
    with pytest.raises(InvalidInput, match="You have no such upload"):
        request_task(selection, replacement_upload_id=upload.pk)


def test_a_broken_picture_makes_no_task(selection: Selection, standin: StandIn) -> None:
    files = {name(selection, frame): blurred(size_of(selection)) for frame in FRAMES}
    upload = uploaded(selection, files)
    publication = request_task(selection, replacement_upload_id=upload.pk)
    content = bytearray(upload.path.read_bytes())
    content[content.index(b"IDAT") + 6] ^= 1
    upload.path.write_bytes(bytes(content))
    done = carried_out(publication)
    assert done.status == "failed"
    assert "is broken in the ZIP" in done.error
    assert not any(task.bug_tracker for task in standin.world.tasks.values())


def test_an_upload_that_is_gone_makes_no_task(selection: Selection, standin: StandIn) -> None:
    files = {name(selection, frame): blurred(size_of(selection)) for frame in FRAMES}
    upload = uploaded(selection, files)
    publication = request_task(selection, replacement_upload_id=upload.pk)
    services.discard_upload(upload=upload)
    done = carried_out(publication)
    assert done.status == "failed"
    assert "Upload them again" in done.error
    assert not any(task.bug_tracker for task in standin.world.tasks.values())


def test_an_upload_in_use_is_not_removed(selection: Selection) -> None:
    files = {name(selection, frame): blurred(size_of(selection)) for frame in FRAMES}
    upload = uploaded(selection, files)
    request_task(selection, replacement_upload_id=upload.pk)
    with pytest.raises(Conflict):
        services.remove_upload(upload=upload)
    assert upload.path.exists()


def test_an_upload_in_use_replaces_nothing_elsewhere(
    connection: Connection, selection: Selection, task: Task
) -> None:
    files = {name(selection, frame): blurred(size_of(selection)) for frame in FRAMES}
    asked = {"replacement_upload_id": uploaded(selection, files).pk}
    request_task(selection, **asked)
    other = select(connection, (task.id, FRAMES))
    with pytest.raises(Conflict, match="A task is being made of these files"):
        request_task(other, **asked)


def test_of_several_tasks_one_that_failed_can_be_tried_again(
    connection: Connection, selection: Selection, standin: StandIn
) -> None:
    """Its pictures are there until a try has succeeded."""
    trees = standin.world.add_task("Trees", owner="demo", count=4, labels=["tree"])
    both = select(connection, (selection.frames.first().task_id, [3]), (trees.id, [1]))
    files = {
        f"task_{frame.task_id}/{frame.filename}": blurred((frame.width, frame.height))
        for frame in both.frames.all()
    }
    upload = uploaded(both, files)
    asked = {"replacement_upload_id": upload.pk, "per_label_set": True}
    failing, other = request_tasks(both, **asked)
    Publication.objects.filter(pk=failing.pk).update(status="failed")
    assert carried_out(other).status == "ready"
    clear_debris()
    assert upload.path.exists()
    assert [carried_out(each).status for each in request_tasks(both, **asked)] == ["ready"] * 2
    assert not upload.path.exists()


def test_with_annotations_and_overlap(
    connection: Connection, selection: Selection, permission: WritePermission
) -> None:
    size = size_of(selection)
    files = {name(selection, frame): blurred(size) for frame in FRAMES}
    asked = {"frames_per_job": 2, "overlap": 1, "with_annotations": True}
    upload = uploaded(selection, files)
    done = carried_out(request_task(selection, replacement_upload_id=upload.pk, **asked))
    assert (done.error, done.status) == ("", "ready")
    assert pictures_of(connection, done) == [blurred(size)] * 3


def test_compressed_ones_are_replaced_too(connection: Connection, selection: Selection) -> None:
    upload = uploaded(selection, {name(selection, 7): blurred(size_of(selection))})
    asked = {"replacement_upload_id": upload.pk, "unreplaced_frames": "original"}
    done = carried_out(request_task(selection, quality="compressed", **asked))
    assert (done.error, done.status) == ("", "ready")
    assert pictures_of(connection, done)[1] == blurred(size_of(selection))


def test_it_is_chosen_on_the_page_and_in_the_api(web: Client, selection: Selection) -> None:
    files = {name(selection, 7): blurred(size_of(selection))}
    upload = uploaded(selection, files)
    page = f"/publications/selections/{selection.pk}/task"
    assert "Day (" in web.get(page).text
    given = {"name": "Blurred", "image_quality": "70", "replacement": str(upload.pk)}
    stopped = web.post(page, given | {"show": "1"})
    assert stopped.status_code == 409
    assert "2 frames have no picture in the upload" in stopped.text
    dry = web.post(page, given | {"show": "1", "unreplaced_frames": "original"}).text
    assert "Upload 3 pictures, 1 of them replaced by yours, in 1 job" in dry
    api = f"/api/selections/{selection.pk}/new-task"
    body = {"name": "Blurred", "replacement_upload_id": upload.pk}
    needed = web.post(api, body, content_type="application/json")
    assert (needed.status_code, needed.json()["code"]) == (409, "choice_needed")
    body["unreplaced_frames"] = "original"
    asked = web.post(api, body, content_type="application/json")
    assert asked.status_code == 202
    options = Publication.objects.get().get_new_task_options()
    assert options == NewTaskOptions(
        "Blurred", replacement_upload_id=upload.pk, unreplaced_frames="original"
    )
    carried_out(Publication.objects.get())
    frames = web.get(f"/api/publications/{asked.json()['id']}/frames").json()["results"]
    assert [frame["is_replaced"] for frame in frames] == [False, True, False]
