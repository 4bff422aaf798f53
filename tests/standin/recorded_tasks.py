"""The tasks of the recorded server that are asked for by number."""

from standin.pictures import encode, numbered
from standin.world import World
from tests.recorded import FOLDER

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


def add_image_tasks(world: World) -> None:
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


def add_picture_tasks(world: World) -> None:
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


def add_video_tasks(world: World) -> None:
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


def add_validated_tasks(world: World) -> None:
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


def add_consensus_task(world: World) -> None:
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
            FOLDER / f"frame-in-chunk-with-corrupt-image-original-{number}.png"
        ).read_bytes()
        for number in (0, 1)
    }
    world.add_task("corrupt", task_id=70, owner="alice", images=files)
