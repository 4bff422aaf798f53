"""The official client works with the stand-in as with the real server."""

import io
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cvat_sdk.api_client.exceptions import ApiException
from cvat_sdk.core.client import AccessTokenCredentials, Client
from cvat_sdk.core.exceptions import IncompatibleVersionException
from PIL import Image

from standin.pictures import read_bars
from standin.samples import sample_world
from standin.server import StandIn
from standin.street import LABELS
from standin.video import decode_mp4

NAMES = [label["name"] for label in LABELS]


@pytest.fixture(scope="module")
def shared() -> Iterator[StandIn]:
    with StandIn(sample_world(), throttle=None) as running:
        yield running


@pytest.fixture(params=["password", "access token"])
def client(request: pytest.FixtureRequest, shared: StandIn) -> Iterator[Client]:
    quiet = logging.getLogger("sdk")
    quiet.setLevel(logging.ERROR)
    with Client(shared.url, logger=quiet) as made:
        if request.param == "password":
            made.login(("demo", "demo-password"))
        else:
            token = shared.world.access_token("demo")
            made.login(AccessTokenCredentials(token.value))
        yield made


def test_who_am_i(client: Client) -> None:
    assert client.users.retrieve_current_user().username == "demo"


def test_a_wrong_password_is_refused(shared: StandIn) -> None:
    made = Client(shared.url, check_server_version=False)
    with made, pytest.raises(ApiException, match="Unable to log in"):
        made.login(("demo", "wrong"))


def test_the_version_is_told(shared: StandIn) -> None:
    made = Client(shared.url, check_server_version=False)
    with pytest.raises(IncompatibleVersionException, match=r"2\.54\.1"):
        made.check_server_version(fail_if_unsupported=True)


def test_all_pages_of_tasks(client: Client, shared: StandIn) -> None:
    assert {task.id for task in client.tasks.list()} == set(shared.world.tasks)


def test_a_task_with_its_jobs_labels_and_meta(client: Client) -> None:
    task = client.tasks.retrieve(1)
    assert (task.name, task.size, task.data_chunk_size) == ("Night drive, north loop", 230, 18)
    jobs = sorted(task.get_jobs(), key=lambda job: job.id)
    assert [(job.start_frame, job.stop_frame) for job in jobs] == [
        *((0, 49), (45, 94), (90, 139), (135, 184), (180, 229))
    ]
    assert [label.name for label in task.get_labels()] == NAMES
    meta = task.get_meta()
    assert meta.deleted_frames == [17, 18, 104]
    assert meta.frames[229].name == "north_0229.jpg"
    assert jobs[1].get_meta().start_frame == 45


def test_annotations_of_task_and_job(client: Client) -> None:
    task = client.tasks.retrieve(1)
    of_jobs = [job.get_annotations() for job in task.get_jobs()]
    assert task.get_annotations().shapes or task.get_annotations().tracks
    assert any(each.shapes or each.tracks for each in of_jobs)


@pytest.mark.parametrize("task_id", [1, 4])
def test_single_frames_are_the_original_bytes(
    client: Client, shared: StandIn, task_id: int
) -> None:
    task = client.tasks.retrieve(task_id)
    for frame in (0, 5, 6, task.size - 1):
        served = task.get_frame(frame, quality="original").read()
        assert served == shared.world.original_bytes(task_id, frame)


def test_downloaded_frames_are_files(client: Client, tmp_path: Path) -> None:
    """The client decodes and saves them anew, so the numbers they show are compared."""
    task = client.tasks.retrieve(2)
    task.download_frames([0, 46], outdir=tmp_path, quality="original")
    shown = []
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            shown.append(read_bars(picture))
    assert sorted(shown) == [0, 46]


def test_chunks_are_zips_of_frames(client: Client, shared: StandIn) -> None:
    file = io.BytesIO()
    client.tasks.retrieve(2).download_chunk(5, file, quality="original")
    with zipfile.ZipFile(file) as archive:
        served = [archive.read(name) for name in sorted(archive.namelist())]
    assert served == [shared.world.original_bytes(2, frame) for frame in range(40, 47)]


def test_video_chunks_and_frames(client: Client) -> None:
    task = client.tasks.retrieve(11)
    file = io.BytesIO()
    task.download_chunk(1, file, quality="original")
    numbers = [read_bars(picture) for picture in decode_mp4(file.getvalue())]
    assert numbers == [10 + 5 * frame for frame in range(10, 20)]
    with Image.open(task.get_frame(12, quality="original")) as picture:
        assert (picture.format, read_bars(picture)) == ("PNG", 70)


def test_previews(client: Client) -> None:
    for thing in (client.tasks.retrieve(1), client.jobs.retrieve(1), client.projects.retrieve(2)):
        with Image.open(thing.get_preview()) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= 256


def test_projects_and_organisations(client: Client) -> None:
    project = client.projects.retrieve(2)
    assert {task.id for task in project.get_tasks()} == {12, 13}
    assert [label.name for label in project.get_labels()] == NAMES
    with client.organization_context("acme"):
        assert [task.id for task in client.tasks.list()] == [10]
    assert [found.slug for found in client.organizations.list()] == ["acme"]
