"""A world with the objects of the server that the recordings were taken from."""

import io

from PIL import Image

from standin.pictures import encode, jpeg, numbered
from standin.world import World
from tests.standin.replaying import RECORDINGS

PASSWORD = "<password>"
CAR = {"name": "car", "color": "#2080c0"}
PERSON = {"name": "person", "color": "#c06060"}
RED_OR_BLUE = {
    "id": 1,
    "name": "colour",
    "mutable": False,
    "input_type": "select",
    "default_value": "red",
    "values": ["red", "blue"],
}
FOLDERS = [
    "cam_a/img_000.jpg",
    "cam_a/img_001.jpg",
    "cam_b/img_000.jpg",
    "cam_b/night/img_000.jpg",
    "cam_b/night/img_009.jpg",
    "cam_b/night/img_010.jpg",
    "root.jpg",
    "한글 이름/frame 1.jpg",
]
HONEYPOT_ORDER = [12, 13, 10, 17, 11, 7, 4, 9, 18, 19, 16, 1, 3, 2]
HONEYPOT_ORDER += [13, 14, 4, 15, 0, 6, 8, 16, 2, 5, 2, 4, 13, 16]
HONEYPOT_REAL = {1: 26, 6: 25, 10: 27, 13: 24, 14: 26, 16: 25, 21: 27, 22: 24}


def recorded_world() -> World:
    """As it was when the lists were taken: tasks up to 63, nothing after."""
    world = World()
    world.add_user("admin", PASSWORD, is_staff=True, is_superuser=True, groups=["admin"])
    world.add_user("alice", PASSWORD)
    world.add_user("bob", PASSWORD)
    world.add_user("carol", PASSWORD, first_name="Carol", last_name="C")
    world.add_organization("acme", "alice")
    _add_projects(world)
    _add_unimportant_tasks(world)
    _add_image_tasks(world)
    _add_video_tasks(world)
    _add_validated_tasks(world)
    _add_unfinished_tasks(world)
    _add_context_tasks(world)
    _add_project_tasks(world)
    return world


def _add_projects(world: World) -> None:
    labels = [{**CAR, "id": 82, "attributes": [RED_OR_BLUE]}, {**PERSON, "id": 83}]
    world.add_project("Road scenes", "alice", project_id=1, labels=labels)
    acme = world.organizations[1]
    bus = [{"id": 84, "name": "bus", "color": "#000000"}]
    world.add_project("Acme project", "alice", project_id=2, organization=acme, labels=bus)


def _add_unimportant_tasks(world: World) -> None:
    """So that the counts of the lists are right: 49 tasks of alice."""
    for task_id in [*range(8, 17), 22, 23, 24, 25, 34, 35, 36, 40, 43, 44]:
        name = "csrf probe" if task_id == 8 else f"zz {task_id}"
        world.add_task(name, task_id=task_id, owner="alice", readiness="empty", labels=[])
    for task_id in (53, 54, 55, 56, 57):
        world.add_task(f"zz {task_id}", task_id=task_id, owner="alice", readiness="empty")


def _add_image_tasks(world: World) -> None:
    world.add_task(
        "plain images, segment 10, overlap 2",
        task_id=19,
        owner="alice",
        count=40,
        segment_size=10,
        overlap=2,
        chunk_size=4,
        first_job_id=40,
        labels=[{**CAR, "id": 15}, {**PERSON, "id": 16}],
        jobs={1: {"assignee": "bob"}},
    )
    world.add_task(
        "plain images, defaults",
        task_id=20,
        owner="alice",
        count=12,
        first_job_id=45,
        labels=[{**CAR, "id": 17}],
        jobs={0: {"stage": "acceptance", "state": "completed"}},
    )
    world.add_task(
        "zip archive with folders", task_id=21, owner="alice", images=FOLDERS, first_job_id=46
    )
    world.add_task(
        "images start 3 stop 30 step 4",
        task_id=26,
        owner="alice",
        count=40,
        start_frame=3,
        stop_frame=30,
        step=4,
        segment_size=4,
        first_job_id=49,
    )
    world.add_task("png", task_id=30, owner="alice", count=4, pattern="img_{:03d}.png")
    world.add_task("16 bit png", task_id=31, owner="alice", count=2, pattern="img_{:03d}.png")
    world.add_task(
        "zz exif",
        task_id=32,
        owner="alice",
        images={
            f"o{turn}.jpg": encode(numbered(turn, size), "jpg", turn)
            for turn, size in ((1, (64, 48)), (3, (64, 48)), (6, (48, 64)), (8, (48, 64)))
        },
    )
    names = ["a.tif", "b.bmp", "c.webp", "d.gif", "e.jpeg", "f.JPG", "g.png"]
    world.add_task("zz mixed", task_id=33, owner="alice", images=names)
    world.add_task(
        "zz deleted",
        task_id=41,
        owner="alice",
        count=12,
        segment_size=5,
        overlap=2,
        chunk_size=4,
        first_job_id=97,
        ground_truth=[0, 2, 5],
    )


def _add_video_tasks(world: World) -> None:
    tiny = {"owner": "alice", "video": True, "video_name": "tiny.mp4", "size": (96, 64)}
    world.add_task(
        "video",
        task_id=27,
        **tiny,
        count=60,
        chunk_size=10,
        segment_size=25,
        first_job_id=51,
        ground_truth=[1, 22, 59],
        ground_truth_job_id=92,
    )
    world.add_task(
        "video start 5 stop 50 step 3",
        task_id=28,
        **tiny,
        count=60,
        start_frame=5,
        stop_frame=50,
        step=3,
        segment_size=8,
        overlap=2,
        first_job_id=54,
    )
    world.add_task(
        "zz zip chunks", task_id=29, **tiny, count=60, chunk_size=10, use_zip_chunks=True
    )


def _add_validated_tasks(world: World) -> None:
    world.add_task(
        "honeypots (gt_pool)",
        task_id=37,
        owner="alice",
        count=20,
        segment_size=5,
        chunk_size=4,
        honeypots=(4, 2),
        first_job_id=65,
    )
    world.tasks[37].order = HONEYPOT_ORDER
    world.tasks[37].honeypots = dict(HONEYPOT_REAL)
    world.add_task(
        "gt chosen at creation",
        task_id=38,
        owner="alice",
        count=20,
        segment_size=5,
        chunk_size=4,
        first_job_id=70,
        ground_truth=[2, 7, 15],
    )
    world.add_task(
        "consensus 2 replicas",
        task_id=39,
        owner="alice",
        count=10,
        segment_size=5,
        consensus_replicas=2,
        first_job_id=75,
        ground_truth=[1, 6],
        ground_truth_job_id=96,
    )
    world.add_task(
        "gt at creation in step task",
        task_id=42,
        owner="alice",
        count=40,
        start_frame=3,
        stop_frame=30,
        step=4,
        ground_truth=[0, 2],
    )


def _add_unfinished_tasks(world: World) -> None:
    world.add_task("no data yet", task_id=45, owner="alice", readiness="empty")
    creating = {"owner": "alice", "readiness": "creating"}
    world.add_task("being created", task_id=51, **creating, segment_size=500)
    world.add_task("upload by multipart", task_id=52, owner="alice", readiness="empty")
    world.add_task("upload by tus folder", task_id=59, **creating, image_quality=50)


def _add_context_tasks(world: World) -> None:
    def context(*names: str) -> list[tuple[str, bytes]]:
        return [(name, jpeg(numbered(1, (64, 48)), 75)) for name in names]

    world.add_task("upload by tus 3", task_id=58, owner="alice", count=2)
    world.add_task(
        "3d_default",
        task_id=60,
        owner="alice",
        dimension="3d",
        images=["pointcloud/000001.pcd", "pointcloud/000002.pcd"],
        chunk_size=72,
        related={0: context("cam0", "cam1"), 1: context("cam0")},
    )
    world.add_task(
        "2d_related",
        task_id=61,
        owner="alice",
        images=["a.jpg", "b.jpg"],
        related={0: context("ctx1", "ctx2")},
    )


def _add_project_tasks(world: World) -> None:
    world.add_task(
        "in project A",
        task_id=62,
        owner="alice",
        project=world.projects[1],
        subset="train",
        count=6,
        segment_size=3,
        first_job_id=131,
    )
    world.add_task(
        "in org acme",
        task_id=63,
        owner="alice",
        project=world.projects[2],
        count=4,
        first_job_id=133,
    )


# -- what came later ----------------------------------------------------------------------------


def add_labelled_task(world: World) -> None:
    attributes = [
        {**RED_OR_BLUE, "id": 2},
        _attribute(3, "moving", True, "checkbox", "false", ["false"]),
        _attribute(4, "speed", True, "number", "0", ["0", "200", "10"]),
        _attribute(5, "note", False, "text", "", [""]),
    ]
    world.add_task(
        "labels",
        task_id=64,
        owner="alice",
        count=4,
        labels=[
            {**CAR, "id": 85, "attributes": attributes},
            {"id": 86, "name": "weather", "color": "#6102c8", "type": "tag"},
            {"id": 87, "name": "pose", "color": "#1446c2", "type": "skeleton", "svg": "<line/>"},
        ],
    )
    skeleton = world.tasks[64].labels[2]
    parts = [("head", "#ba9109"), ("foot", "#2eceda")]
    for number, (name, color) in enumerate(parts, start=88):
        skeleton.sublabels.append(type(skeleton)(id=number, name=name, color=color, type="points"))


def _attribute(
    number: int, name: str, mutable: bool, kind: str, default: str, values: list[str]
) -> dict[str, object]:
    return {
        "id": number,
        "name": name,
        "mutable": mutable,
        "input_type": kind,
        "default_value": default,
        "values": values,
    }


def add_corrupt_task(world: World) -> None:
    files = {
        f"img_{number}.png": (
            RECORDINGS / f"frame-in-chunk-with-corrupt-image-original-{number}.png"
        ).read_bytes()
        for number in (0, 1)
    }
    world.add_task("corrupt", task_id=70, owner="alice", images=files)


def picture_of(body: bytes) -> Image.Image:
    with Image.open(io.BytesIO(body)) as image:
        return image.copy()
