"""The world a newcomer sees."""

from __future__ import annotations

from standin.pictures import night_road
from standin.world import World

DEMO = ("demo", "demo-password")


def sample_world() -> World:
    """A fresh world: users demo, alice, bob, carol and admin, and tasks of every kind.

    Passwords are `<username>-password`. Nothing is drawn before it is asked for.
    """
    world = World()
    _add_people(world)
    _add_drives(world)
    return world


def _add_people(world: World) -> None:
    world.add_user("admin", is_staff=True, is_superuser=True, groups=["admin"], first_name="Ada")
    world.add_user("demo", first_name="Demo", last_name="User")
    for name in ("alice", "bob", "carol"):
        world.add_user(name, first_name=name.title())


def _add_drives(world: World) -> None:
    world.add_task(
        "Night drive, north loop",
        owner="demo",
        count=230,
        pattern="north_{:04d}.jpg",
        size=(640, 360),
        scene=night_road,
        segment_size=50,
        overlap=5,
        chunk_size=18,
        deleted=(17, 18, 104),
        jobs={
            0: {"assignee": "alice", "stage": "acceptance", "state": "completed"},
            1: {"assignee": "bob", "stage": "validation", "state": "in progress"},
            2: {"assignee": "carol", "state": "in progress"},
            3: {"stage": "annotation", "state": "rejected"},
        },
    )
    world.add_task(
        "Two cameras, folders and odd names",
        owner="demo",
        assignee="alice",
        images=_odd_names(),
        size=(320, 240),
        segment_size=20,
        chunk_size=8,
    )
    world.add_task(
        "Road signs with ground truth",
        owner="demo",
        count=60,
        size=(320, 240),
        segment_size=20,
        ground_truth=[3, 8, 21, 40, 59],
    )
    world.add_task(
        "Large: 20,000 small frames",
        owner="demo",
        count=20_000,
        pattern="frame_{:05d}.jpg",
        size=(64, 48),
        segment_size=1000,
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
