"""The sample tasks: for people who try the portal, and for its tests.

Task ids: 1 drive, 2 folders and odd names, 3 video, 4 mixed formats, 5 ground truth, 6 honeypots,
7 consensus, 8 large, 9 without data, 10 in an organisation, 11 video with start and step,
12 and 13 one project, 14 three-dimensional, 15 bob's.
"""

from __future__ import annotations

from standin.pictures import night_road
from standin.world import World

DEMO = ("demo", "demo-password")
HD = (640, 360)
SMALL = (320, 240)


def sample_world() -> World:
    """A fresh world: users demo, alice, bob, carol and admin, and tasks of every kind.

    Passwords are `<username>-password`. demo sees everything but may not administer; carol is
    only the assignee of the third job of task 1. Nothing is drawn before it is asked for.
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


def _add_images(world: World) -> None:
    world.add_task(
        "Night drive, north loop",
        task_id=1,
        owner="demo",
        count=230,
        pattern="north_{:04d}.jpg",
        size=HD,
        scene=night_road,
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
    world.add_task(
        "Two cameras, folders and odd names",
        task_id=2,
        owner="demo",
        assignee="alice",
        images=_odd_names(),
        size=SMALL,
        segment_size=20,
        chunk_size=8,
    )


def _add_formats(world: World) -> None:
    world.add_task(
        "Dash cam video",
        task_id=3,
        owner="demo",
        assignee="bob",
        video=True,
        video_name="dashcam_0412.mp4",
        count=300,
        size=HD,
        scene=night_road,
        segment_size=100,
        overlap=5,
    )
    names = ["a scan.png", "b.bmp", "c.webp", "d.gif", "e.tif", "f rotated.jpg", "g.JPG"]
    names += [f"more/{number:02d}.png" for number in range(17)]
    world.add_task(
        "Mixed formats",
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
    world.add_task(
        "Road signs with ground truth",
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
    world.add_task(
        "Parking lots with honeypots",
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
    world.add_task(
        "Pedestrians, three opinions",
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
        "Acme warehouse", "alice", assignee="demo", organization=acme, labels=["pallet"]
    )
    world.add_task(
        "Loading bay 4",
        task_id=10,
        owner="alice",
        project=inside,
        count=36,
        pattern="bay4/{:04d}.jpg",
        size=SMALL,
        segment_size=12,
        subset="train",
    )
    both = world.add_project("Crossings", "demo")
    for task_id, (name, subset) in enumerate((("Day", "train"), ("Dusk", "test")), start=12):
        world.add_task(
            f"Crossing, {name.lower()}",
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
    world.add_task(
        "Dash cam video, every fifth frame",
        task_id=11,
        owner="demo",
        video=True,
        video_name="dashcam_0412.mp4",
        count=300,
        start_frame=10,
        stop_frame=250,
        step=5,
        size=HD,
        scene=night_road,
        segment_size=20,
        overlap=5,
        chunk_size=10,
    )
    clouds = [f"pointcloud/{number:06d}.pcd" for number in range(6)]
    world.add_task("Lidar", task_id=14, owner="demo", dimension="3d", images=clouds)
    world.add_task(
        "Bob's bicycles",
        task_id=15,
        owner="bob",
        assignee="demo",
        count=25,
        pattern="bike_{:02d}.jpg",
        size=SMALL,
        segment_size=10,
    )
