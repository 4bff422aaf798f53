"""A world with the objects of the server that the recordings were taken from."""

from standin.pictures import jpeg, numbered
from standin.world import World
from tests.standin import recorded_tasks
from tests.standin.recorded_tasks import CAR, PERSON, RED_OR_BLUE

PASSWORD = "<password>"


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
    recorded_tasks.add_image_tasks(world)
    recorded_tasks.add_picture_tasks(world)
    recorded_tasks.add_video_tasks(world)
    recorded_tasks.add_validated_tasks(world)
    recorded_tasks.add_consensus_task(world)
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
