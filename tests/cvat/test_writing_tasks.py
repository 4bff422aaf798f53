"""New tasks: made, filled with the pictures of a ZIP, found again, deleted."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cvat import lists
from cvat.exceptions import CvatRefused, Reason
from cvat.writing import (
    FileOnDisk,
    NewProject,
    NewTask,
    OrderedPicture,
    RequestState,
    TaskData,
    uploading,
)
from standin.model import Task
from standin.pictures import jpeg, numbered
from standin.server import StandIn
from tests.cvat.writing_clients import client, world_to_write_to, writer

NAMES = ("z/2.jpg", "a/10.jpg", "a/9.jpg", "a.jpg", "m m/ü.jpg")
JOBS = (("a/9.jpg", "z/2.jpg"), ("a.jpg",), ("m m/ü.jpg", "a/10.jpg"))
LABELS = ({"name": "car", "attributes": []},)


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(world_to_write_to()) as running:
        yield running


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "pictures.zip"
    with zipfile.ZipFile(path, "w") as out:
        for number, name in enumerate(NAMES):
            out.writestr(name, jpeg(numbered(number, (64, 48)), 75))
        out.writestr("readme.txt", "no picture")
    return path


def new(marker: str = "https://portal.example.com/p/1", **values: object) -> NewTask:
    return NewTask("chosen", marker, **{"labels": LABELS, **values})  # type: ignore[arg-type]


def uploaded(site: StandIn, task_id: int, pictures: Path, data: TaskData) -> RequestState:
    """The state of the creation after its end."""
    request_id = writer(site).upload_pictures(task_id, FileOnDisk(pictures), lambda: data)
    site.site.creations.wait()
    return writer(site).request_state(request_id)


def publish(site: StandIn, pictures: Path, data: TaskData | None = None) -> int:
    task_id = writer(site).ensure_task(new())
    state = uploaded(site, task_id, pictures, data or TaskData(JOBS))
    assert state == RequestState("finished")
    return task_id


def names(task: Task) -> list[str]:
    assert task.media is not None
    return [task.media.name(position) for position in task.order]


def test_frames_come_in_the_order_of_the_jobs(site: StandIn, pictures: Path) -> None:
    sent: list[int] = []
    task_id = writer(site).create_task(new(subset="Train"))
    writer(site).upload_pictures(
        task_id, FileOnDisk(pictures), lambda: TaskData(JOBS), progress=sent.append
    )
    site.site.creations.wait()
    task = site.world.tasks[task_id]
    assert names(task) == [name for job in JOBS for name in job]
    assert [list(job.frames) for job in task.jobs] == [[0, 1], [2], [3, 4]]
    assert (task.subset, sent) == ("Train", [pictures.stat().st_size])
    read = client(site).frame_catalog(task_id=task_id)
    assert [frame.filename for frame in read.frames] == names(task)
    with zipfile.ZipFile(pictures) as archive:
        for frame in read.frames:
            served = client(site).frame(task_id=task_id, frame=frame.frame).content
            assert served == archive.read(frame.filename)


def test_files_that_no_job_names_are_left_out(site: StandIn, pictures: Path) -> None:
    task_id = publish(site, pictures, TaskData((("a.jpg",),)))
    assert names(site.world.tasks[task_id]) == ["a.jpg"]


def test_without_jobs_the_segment_size_counts(site: StandIn, pictures: Path) -> None:
    task_id = writer(site).create_task(new(segment_size=3, overlap=1, consensus_replicas=2))
    uploaded(site, task_id, pictures, TaskData())
    task = site.world.tasks[task_id]
    assert names(task) == sorted(NAMES)
    annotated = [list(job.frames) for job in task.jobs if job.type == "annotation"]
    assert annotated == [[0, 1, 2], [2, 3, 4]]
    assert [job.type for job in task.jobs].count("consensus_replica") == 4


def test_ground_truth_by_file_names(site: StandIn, pictures: Path) -> None:
    data = TaskData(ground_truth=("a.jpg", "z/2.jpg"))
    task_id = publish(site, pictures, data)
    [truth] = [job for job in site.world.tasks[task_id].jobs if job.type == "ground_truth"]
    assert list(truth.frames) == [0, 4]


def test_a_task_is_found_by_its_marker(site: StandIn) -> None:
    made = writer(site)
    for number in range(3):
        made.create_task(new(f"marker {number}"))
    wanted = made.find_task("marker 1")
    assert wanted is not None
    assert site.world.tasks[wanted].bug_tracker == "marker 1"
    assert made.find_task("marker 9") is None
    assert made.ensure_task(new("marker 1")) == wanted


LOOKS = ("/api/tasks$", "/api/requests/", r"/api/tasks/\d+$")


@pytest.mark.parametrize("is_first", [True, False])
def test_a_first_request_is_sent_without_a_look(
    site: StandIn, pictures: Path, is_first: bool
) -> None:
    made = writer(site)
    task_id = made.ensure_task(new(), is_first=is_first)
    made.upload_pictures(task_id, FileOnDisk(pictures), lambda: TaskData(JOBS), is_first=is_first)
    looks = [request for path in LOOKS for request in site.requests.matching(path, method="GET")]
    assert bool(looks) is not is_first
    site.site.creations.wait()
    assert names(site.world.tasks[task_id]) == [name for job in JOBS for name in job]


@pytest.mark.parametrize("skip", range(3))
def test_after_a_lost_answer_there_is_a_look_also_at_first(
    site: StandIn, pictures: Path, skip: int
) -> None:
    """The answers to the three POST requests of an upload, all of which CVAT has carried out."""
    made = writer(site)
    lost = site.faults.lose("/api/tasks$", method="POST", status=502, carried_out=True)
    task_id = made.ensure_task(new(), is_first=True)
    assert lost.hits
    assert [task.id for task in site.world.tasks.values() if task.bug_tracker] == [task_id]
    lost = site.faults.lose(
        f"/api/tasks/{task_id}/data", method="POST", status=504, carried_out=True, skip=skip
    )
    made.upload_pictures(task_id, FileOnDisk(pictures), lambda: TaskData(JOBS), is_first=True)
    assert lost.hits
    site.site.creations.wait()
    assert names(site.world.tasks[task_id]) == [name for job in JOBS for name in job]


def test_the_one_with_pictures_is_found_and_the_other_deleted(
    site: StandIn, pictures: Path
) -> None:
    first = writer(site).create_task(new())
    second = writer(site).create_task(new())
    uploaded(site, second, pictures, TaskData(JOBS))
    assert writer(site).find_task(new().marker) == second
    writer(site).delete_doubles(new().marker, keep=second)
    assert first not in site.world.tasks
    assert second in site.world.tasks


def test_a_task_of_a_project_goes_into_its_organization(site: StandIn) -> None:
    acme = site.world.organizations[1]
    project = site.world.add_project("roads", "alice", organization=acme)
    task = site.world.tasks[writer(site).create_task(new(project_id=project.id))]
    assert (task.project, task.organization) == (project, acme)
    other = site.world.tasks[writer(site, "bob").create_task(new(organization="acme"))]
    assert other.organization is acme


@pytest.mark.parametrize("is_late", [True, False])
def test_an_empty_project_is_deleted_also_when_the_answer_is_lost(
    site: StandIn, is_late: bool
) -> None:
    made = writer(site)
    asked = NewProject("roads", "marker 1", labels=LABELS)
    project_id = made.ensure_project(asked)
    assert made.find_projects(asked) == [project_id]
    lost = site.faults.lose("/api/projects/", method="DELETE", status=504, carried_out=is_late)
    assert made.ensure_empty_project_deleted(project_id)
    assert lost.hits
    assert project_id not in site.world.projects
    assert made.ensure_empty_project_deleted(project_id)


@pytest.mark.parametrize("tasks", [None, {}, {"count": None}, {"count": 1}])
def test_a_project_is_not_deleted_unless_cvat_says_that_it_has_no_tasks(
    site: StandIn, tasks: object
) -> None:
    project_id = writer(site).ensure_project(NewProject("roads", "marker 1", labels=LABELS))
    said = {"id": project_id, "name": "roads", "tasks": tasks}
    site.faults.fail(f"/api/projects/{project_id}", status=200, body=said)
    assert not writer(site).ensure_empty_project_deleted(project_id)
    assert not site.requests.matching("/api/projects/", method="DELETE")


def test_labels_are_read_page_by_page(site: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    wanted = [f"label {number}" for number in range(5)]
    project = site.world.add_project("labelled", "alice", labels=wanted)
    task = site.world.add_task("labelled", owner="alice", count=1, labels=wanted)
    for read in (writer(site).labels_of_project(project.id), writer(site).labels_of_task(task.id)):
        assert [label["name"] for label in read] == wanted
    assert len(site.requests.matching("/api/labels$")) == 6


def test_labels_are_sent_as_they_were_read(site: StandIn) -> None:
    source = site.world.add_task(
        "labelled",
        owner="alice",
        count=1,
        labels=[
            {
                "name": "car",
                "type": "rectangle",
                "attributes": [
                    {"name": "colour", "input_type": "select", "values": ["red", "blue"]}
                ],
            },
            {
                "name": "person",
                "type": "skeleton",
                "points": {"head": (0.5, 0.1), "left & right": (0.5, 0.9)},
                "lines": [("head", "left & right")],
            },
        ],
    )
    read = writer(site).labels_of_task(source.id)
    copied = site.world.tasks[writer(site).create_task(new(labels=read))]
    car, person = copied.labels
    assert (car.name, car.type, car.attributes[0]["values"]) == (
        "car",
        "rectangle",
        ["red", "blue"],
    )
    assert [part.name for part in person.sublabels] == ["head", "left & right"]
    for part in person.sublabels:
        assert f'data-label-id="{part.id}"' in person.svg
    assert person.svg.count("data-label-id") == 2


def failure(site: StandIn, pictures: Path, data: TaskData, **values: object) -> str:
    task_id = writer(site).create_task(new(**values))
    state = uploaded(site, task_id, pictures, data)
    assert state.status == "failed"
    assert site.world.tasks[task_id].size == 0
    return state.message


def test_a_failed_creation_says_what_to_do(site: StandIn, pictures: Path, tmp_path: Path) -> None:
    assert "no file “nope.jpg”" in failure(site, pictures, TaskData((("nope.jpg",),)))
    unfit = failure(site, pictures, TaskData(JOBS), segment_size=2)
    assert "together with segment_size" in unfit
    truth = failure(site, pictures, TaskData(ground_truth=("nope.jpg",)))
    assert "files that were not uploaded" in truth
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as out:
        out.writestr("a.jpg", b"no picture at all")
    assert "cannot be read" in failure(site, broken, TaskData())
    with zipfile.ZipFile(broken, "w") as out:
        out.writestr("a.txt", b"text")
    assert "found no picture" in failure(site, broken, TaskData())
    with zipfile.ZipFile(broken, "w") as out:
        out.writestr(" a.jpg", jpeg(numbered(1, (64, 48)), 75))
    assert "no file “a.jpg”" in failure(site, broken, TaskData(((" a.jpg",),)))


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for number, name in enumerate(names):
            out.writestr(name, jpeg(numbered(number, (64, 48)), 75))
    return path


def test_context_and_what_macos_adds_become_no_frames(site: StandIn, tmp_path: Path) -> None:
    beside = ("related_images/a_jpg/1.jpg", "b/related_images/c_jpg/2.jpg", "__MACOSX/._a.jpg")
    pictures = packed(tmp_path / "pictures.zip", "a.jpg", *beside)
    task_id = publish(site, pictures, TaskData())
    assert names(site.world.tasks[task_id]) == ["a.jpg"]


def test_a_pool_of_honeypots_is_in_natural_order_and_leaves_frames(
    site: StandIn, tmp_path: Path
) -> None:
    every = ("b/10.jpg", "b/9.jpg", "a.jpg", "b/8.jpg", "b/7.jpg")
    pictures = packed(tmp_path / "pictures.zip", *every)
    task_id = writer(site).create_task(new(segment_size=2))
    pool = TaskData(ground_truth=every[:3], honeypots_per_job=1)
    assert uploaded(site, task_id, pictures, pool) == RequestState("finished")
    task = site.world.tasks[task_id]
    assert [len(job.frames) for job in task.jobs] == [3, 3]
    assert names(task)[-3:] == ["a.jpg", "b/9.jpg", "b/10.jpg"]
    failure(site, pictures, TaskData(ground_truth=every, honeypots_per_job=1), segment_size=2)


def test_a_manifest_names_each_picture(site: StandIn, pictures: Path) -> None:
    order = tuple(OrderedPicture(name, 64, 48) for name in NAMES[1:])
    failure(site, pictures, TaskData(order=order))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TaskData(image_quality=101), "less than or equal to 100"),
        (TaskData(chunk_size=0), "must be a positive integer"),
        (TaskData(start_frame=3, stop_frame=2), "must be more or equal start frame"),
        (TaskData(ground_truth=("a.jpg", "a.jpg")), "A frame is named twice"),
    ],
)
def test_parameters_that_cvat_refuses_at_once(
    site: StandIn, pictures: Path, data: TaskData, said: str
) -> None:
    task_id = writer(site).create_task(new())
    with pytest.raises(CvatRefused, match=said):
        writer(site).upload_pictures(task_id, FileOnDisk(pictures), lambda: data)


def test_what_cvat_refuses_at_once(site: StandIn, pictures: Path) -> None:
    task_id = writer(site).create_task(new())
    twice = TaskData((("a.jpg",), ("a.jpg",)))
    with pytest.raises(CvatRefused, match="cannot be used multiple times"):
        writer(site).upload_pictures(task_id, FileOnDisk(pictures), lambda: twice)
    with pytest.raises(CvatRefused, match="Give each label a name of its own"):
        writer(site).create_task(new(labels=(*LABELS, *LABELS)))
    with pytest.raises(CvatRefused, match="read-only"):
        writer(site, read_only=True).create_task(new())
    with pytest.raises(CvatRefused, match=r"may not make .* needs the role") as refused:
        writer(site, "carol").create_task(new(organization="acme"))
    assert refused.value.reason is Reason.NOT_PERMITTED
    bob = site.world.user("bob")
    assert bob is not None
    with pytest.raises(CvatRefused) as assigned:
        writer(site).create_task(new(assignee_id=bob.id))
    assert assigned.value.reason is Reason.ASSIGNEE


def test_an_upload_goes_on_where_it_was_broken_off(
    site: StandIn, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PIECE_BYTES", 1000)
    task_id, ids, sent = writer(site).create_task(new()), list[str](), list[int]()

    def stop(length: int) -> None:
        if length >= 3000:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        writer(site).upload_pictures(
            task_id, FileOnDisk(pictures), lambda: TaskData(JOBS), started=ids.append, progress=stop
        )
    writer(site).upload_pictures(
        task_id,
        FileOnDisk(pictures),
        lambda: TaskData(JOBS),
        resume=ids[0],
        started=ids.append,
        progress=sent.append,
    )
    assert len(ids) == 1
    assert sent[0] == 4000
    assert sent[-1] == pictures.stat().st_size


def test_an_upload_that_cvat_does_not_show_is_begun_again(
    site: StandIn, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of another user; and one that a CVAT fails to look for."""
    monkeypatch.setattr(uploading, "PIECE_BYTES", 1000)
    task_id, ids = writer(site).create_task(new()), list[str]()
    alice, admin = site.world.user("alice"), site.world.user("admin")
    assert alice is not None
    assert admin is not None

    def stop(length: int) -> None:
        raise InterruptedError

    for name, resume in (("alice", ""), ("admin", "alice's"), ("admin", "failing")):
        if resume == "failing":
            site.faults.fail(f"/data/{ids[-1]}", status=500)
        with pytest.raises(InterruptedError):
            writer(site, name).upload_pictures(
                task_id,
                FileOnDisk(pictures),
                lambda: TaskData(JOBS),
                resume=ids[-1] if resume else "",
                started=ids.append,
                progress=stop,
            )
    assert [each.partition("_")[0] for each in ids] == [
        str(user.id) for user in (alice, admin, admin)
    ]
    site.faults.clear()
    writer(site, "admin").upload_pictures(
        task_id, FileOnDisk(pictures), lambda: TaskData(JOBS), resume=ids[-1]
    )
    site.site.creations.wait()
    assert site.world.tasks[task_id].size == len(NAMES)


def test_pieces_become_smaller_after_a_time_out(
    site: StandIn, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PIECE_BYTES", 4000)
    monkeypatch.setattr(uploading, "LEAST_PIECE_BYTES", 1000)
    site.faults.lose("/data/", method="PATCH", status=504, carried_out=False, times=2)
    publish(site, pictures)
    sent = [int(seen.headers["Content-Length"]) for seen in site.requests.matching("", "PATCH")]
    assert sent[:4] == [4000, 2000, 1000, 1000]


def test_a_forgotten_creation_is_known_by_its_task(site: StandIn, pictures: Path) -> None:
    task_id = publish(site, pictures)
    site.site.creations.forget()
    before = len(site.requests.matching("", "POST"))
    request_id = writer(site).upload_pictures(task_id, FileOnDisk(pictures), lambda: TaskData(JOBS))
    assert writer(site).request_state(request_id).status == "forgotten"
    assert len(site.requests.matching("", "POST")) == before


def test_a_request_that_expires_just_now_is_forgotten(site: StandIn, pictures: Path) -> None:
    task_id = publish(site, pictures)
    site.faults.fail("/api/requests/", status=200, body={"id": "x", "status": None})
    assert writer(site).request_state("x").status == "forgotten"
    before = len(site.requests.matching("", "POST"))
    site.faults.fail("/api/requests/", status=200, body={"id": "x", "status": None})
    writer(site).upload_pictures(task_id, FileOnDisk(pictures), lambda: TaskData(JOBS))
    assert len(site.requests.matching("", "POST")) == before


def test_a_task_is_deleted_once(site: StandIn, pictures: Path) -> None:
    task_id = publish(site, pictures)
    site.faults.lose("/api/tasks", method="DELETE", carried_out=True)
    for _ in range(2):
        writer(site).ensure_task_deleted(task_id)
    assert task_id not in site.world.tasks


def test_ids_of_deleted_tasks_are_not_given_again(site: StandIn, pictures: Path) -> None:
    task_id = publish(site, pictures)
    writer(site).ensure_task_deleted(task_id)
    assert publish(site, pictures) > task_id


def requests_of(action: Callable[[], object], site: StandIn) -> int:
    before = len(site.requests)
    action()
    return len(site.requests) - before


@pytest.mark.parametrize("status", [None, 502])
@pytest.mark.parametrize("carried_out", [False, True])
def test_any_answer_may_be_lost(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, carried_out: bool
) -> None:
    """Every request of a publication in turn: in the end there is one task with all frames."""
    monkeypatch.setattr(uploading, "PIECE_BYTES", pictures.stat().st_size // 3 + 1)
    with StandIn(world_to_write_to()) as site:
        count = requests_of(lambda: publish(site, pictures), site)
        assert count >= 12
        for number in range(count):
            site.world = world_to_write_to()
            site.site.creations.forget()
            site.faults.clear()
            lost = site.faults.lose("", status=status, carried_out=carried_out, skip=number)
            task_id = publish(site, pictures)
            assert lost.hits == 1
            assert list(site.world.tasks) == [task_id]
            assert names(site.world.tasks[task_id]) == [name for job in JOBS for name in job]
