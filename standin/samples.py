"""The sample tasks: for people who try the portal, and for its tests.

Task ids: 1 drive, 2 folders and odd names, 3 video, 4 mixed formats, 5 ground truth, 6 honeypots,
7 consensus, 8 large, 9 without data, 10 in an organisation, 11 video with start and step,
12 and 13 one project, 14 three-dimensional, 15 bob's.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from standin.annotating import Annotator
from standin.model import Task
from standin.scenes import Scene
from standin.shelf import LABELS as SHELF_LABELS
from standin.shelf import Shelf
from standin.street import LABELS as STREET_LABELS
from standin.street import Street
from standin.world import World

# The same scenes in all worlds of a process, so that each of their pictures is drawn once.
street, shelf = cache(Street), cache(Shelf)

DEMO = ("demo", "demo-password")
HD = (640, 360)
SMALL = (320, 240)


# Jobs that nobody has annotated, by their places in the task.
LAST_OF_NORTH, LAST_OF_CAMERAS = 4, 2


def sample_world() -> World:
    """A fresh world: users demo, alice, bob, carol and admin, and tasks of every kind.

    Passwords are `<username>-password`. demo sees everything but may not administer; carol is
    only the assignee of the third job of task 1. Nothing is drawn or annotated before it is asked
    for. The last jobs of tasks 1 and 2 and all of task 8 are annotated by nobody.
    """
    world = World()
    _add_people(world)
    _add_images(world)
    _add_formats(world)
    _add_validated(world)
    _add_projects(world)
    _add_the_rest(world)
    return world


def _add_people(world: World) -> None:
    world.add_user("admin", is_staff=True, is_superuser=True, groups=["admin"], first_name="Ada")
    world.add_user("demo", first_name="Demo", last_name="User")
    for name in ("alice", "bob", "carol"):
        world.add_user(name, first_name=name.title())
    world.add_organization("acme", "demo", {"alice": "maintainer", "bob": "worker"})


def _add_scene(
    world: World, name: str, scene: Scene, *, idle: tuple[int, ...] = (), **options: Any
) -> Task:
    """A task whose pictures and annotations are those of the scene."""
    labels = {} if "project" in options else {"labels": scene.labels}
    task = world.add_task(name, scene=scene, **labels, **options)
    task.annotator = Annotator(scene, idle)
    return task


def _add_images(world: World) -> None:
    _add_scene(
        world,
        "Night drive, north loop",
        street(1, "night", parked=0, crowd=0.1, traffic=0.5, has_grain=True),
        idle=(LAST_OF_NORTH,),
        task_id=1,
        owner="demo",
        count=230,
        pattern="north_{:04d}.jpg",
        size=HD,
        segment_size=50,
        overlap=5,
        chunk_size=18,
        deleted=(17, 18, 104),
        jobs={
            0: {"assignee": "alice", "stage": "acceptance", "state": "completed"},
            1: {"assignee": "bob", "stage": "validation", "state": "in progress"},
            2: {"assignee": "carol", "state": "in progress"},
            3: {"state": "rejected"},
        },
    )
    _add_scene(
        world,
        "Two cameras, folders and odd names",
        street(2, "dusk", crowd=0.2),
        idle=(LAST_OF_CAMERAS,),
        task_id=2,
        owner="demo",
        assignee="alice",
        images=_odd_names(),
        size=SMALL,
        segment_size=20,
        chunk_size=8,
    )


def _add_formats(world: World) -> None:
    _add_scene(
        world,
        "Dash cam video",
        street(3, "night", parked=0, crowd=0.15, traffic=0.4, has_grain=True),
        task_id=3,
        owner="demo",
        assignee="bob",
        video=True,
        video_name="dashcam_0412.mp4",
        count=300,
        size=HD,
        segment_size=100,
        overlap=5,
    )
    names = ["a scan.png", "b.bmp", "c.webp", "d.gif", "e.tif", "f rotated.jpg", "g.JPG"]
    names += [f"more/{number:02d}.png" for number in range(17)]
    _add_scene(
        world,
        "Mixed formats",
        shelf(4, full=0.96),
        task_id=4,
        owner="demo",
        images=names,
        orientations={5: 6, 6: 3},
        size=SMALL,
        segment_size=12,
        chunk_size=5,
    )


def _odd_names() -> list[str]:
    """47 names: the last job of 20 per job has exactly 7 frames."""
    names = [f"cam_a/img_{number:03d}.jpg" for number in range(14)]
    names += [f"cam_b/img_{number:03d}.jpg" for number in range(10)]
    names += [f"cam_b/night/img_{number:03d}.jpg" for number in range(10)]
    names += ["한글 이름/frame 1.jpg", "straße/Überholung.jpg", "with space/a b  c.jpg"]
    names += ["../evil.jpg", "CON.jpg", "a:b?.jpg", "case/Photo.jpg", "case/photo.jpg"]
    names += ["/absolute.jpg", "dots/..hidden.jpg", "emoji/🚗.jpg", "trailing/dot..jpg"]
    names += [f"long/{'x' * 200}.jpg"]
    return names


def _add_validated(world: World) -> None:
    _add_scene(
        world,
        "Road signs with ground truth",
        street(5, parked=0, crowd=0.1, traffic=0.3),
        task_id=5,
        owner="demo",
        assignee="alice",
        count=60,
        pattern="sign_{:03d}.png",
        size=SMALL,
        segment_size=20,
        chunk_size=8,
        ground_truth=[3, 8, 21, 40, 59],
    )
    _add_scene(
        world,
        "Parking lots with honeypots",
        street(6, parked=6, crowd=0.15),
        task_id=6,
        owner="demo",
        count=40,
        pattern="lot_{:03d}.jpg",
        size=SMALL,
        segment_size=12,
        chunk_size=8,
        honeypots=(6, 2),
        seed=3,
    )
    _add_scene(
        world,
        "Pedestrians, three opinions",
        street(7, crowd=1.6, traffic=0.4),
        task_id=7,
        owner="demo",
        count=24,
        pattern="walk_{:03d}.jpg",
        size=SMALL,
        segment_size=12,
        consensus_replicas=2,
    )


def _add_projects(world: World) -> None:
    acme = world.organizations[1]
    # demo is its assignee: a list without an organization leaves out what a role alone opens.
    inside = world.add_project(
        "Acme warehouse", "alice", assignee="demo", organization=acme, labels=SHELF_LABELS
    )
    _add_scene(
        world,
        "Loading bay 4",
        shelf(10, full=0.85),
        task_id=10,
        owner="alice",
        project=inside,
        count=36,
        pattern="bay4/{:04d}.jpg",
        size=SMALL,
        segment_size=12,
        subset="train",
    )
    both = world.add_project("Crossings", "demo", labels=STREET_LABELS)
    for task_id, (name, subset) in enumerate((("Day", "train"), ("Dusk", "test")), start=12):
        _add_scene(
            world,
            f"Crossing, {name.lower()}",
            street(12, name.lower(), parked=0, crowd=0.2, traffic=0.6),
            task_id=task_id,
            owner="demo",
            project=both,
            count=30,
            pattern=f"{name.lower()}_{{:03d}}.jpg",
            size=SMALL,
            segment_size=15,
            subset=subset,
        )


def _add_the_rest(world: World) -> None:
    world.add_task(
        "Large: 20,000 small frames",
        task_id=8,
        owner="demo",
        count=20_000,
        pattern="frame_{:05d}.jpg",
        size=(64, 48),
        segment_size=1000,
    )
    world.add_task("Upload still to come", task_id=9, owner="demo", readiness="empty")
    _add_scene(
        world,
        "Dash cam video, every fifth frame",
        street(3, "night", parked=0, crowd=0.15, traffic=0.4, has_grain=True),
        task_id=11,
        owner="demo",
        video=True,
        video_name="dashcam_0412.mp4",
        count=300,
        start_frame=10,
        stop_frame=250,
        step=5,
        size=HD,
        segment_size=20,
        overlap=5,
        chunk_size=10,
    )
    clouds = [f"pointcloud/{number:06d}.pcd" for number in range(6)]
    world.add_task("Lidar", task_id=14, owner="demo", dimension="3d", images=clouds)
    _add_scene(
        world,
        "Bob's bicycles",
        street(15, "dusk", parked=2, crowd=0.2, cycling=3),
        task_id=15,
        owner="bob",
        assignee="demo",
        count=25,
        pattern="bike_{:02d}.jpg",
        size=SMALL,
        segment_size=10,
    )
