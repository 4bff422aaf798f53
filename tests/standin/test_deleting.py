"""Deleting frames: the whole list through the task, a part of it through a job."""

import pytest

from standin.world import World


def deleted(ask, path: str) -> list[int]:
    found: list[int] = ask(f"{path}/data/meta").json()["deleted_frames"]
    return found


def delete(ask, path: str, frames: list[int]) -> object:
    return ask(f"{path}/data/meta", method="PATCH", json={"deleted_frames": frames}).json()


def test_a_task_replaces_the_whole_list_and_echoes_the_order(ask, world: World) -> None:
    before = world.tasks[1].updated_date
    answer = delete(ask, "/api/tasks/1", [200, 3])
    assert answer["deleted_frames"] == [200, 3]
    assert deleted(ask, "/api/tasks/1") == [3, 200]
    assert world.tasks[1].updated_date > before


def test_an_empty_list_deletes_nothing_and_no_list_changes_nothing(ask) -> None:
    ask("/api/tasks/1/data/meta", method="PATCH", json={})
    assert deleted(ask, "/api/tasks/1") == [17, 18, 104]
    assert delete(ask, "/api/tasks/1", [])["deleted_frames"] == []
    assert deleted(ask, "/api/tasks/1") == []


def test_a_job_replaces_its_own_part(ask) -> None:
    delete(ask, "/api/jobs/1", [0, 47])
    assert deleted(ask, "/api/tasks/1") == [0, 47, 104]
    assert deleted(ask, "/api/jobs/2") == [47]  # in the overlap of both
    assert deleted(ask, "/api/jobs/3") == [104]


def test_a_ground_truth_job_disables_instead(ask, world: World) -> None:
    truth = world.tasks[5].jobs[-1]
    delete(ask, f"/api/jobs/{truth.id}", [8])
    assert deleted(ask, "/api/tasks/5") == []
    assert deleted(ask, f"/api/jobs/{truth.id}") == [8]
    assert ask("/api/tasks/5/validation_layout").json()["disabled_frames"] == [8]


def test_deleting_a_pool_frame_deletes_its_honeypots(ask, world: World) -> None:
    task = world.tasks[6]
    pool = task.jobs[-1]
    copy, real = next(iter(task.honeypots.items()))
    delete(ask, f"/api/jobs/{pool.id}", [real])
    gone = [frame for frame, other in task.honeypots.items() if other == real]
    assert copy in gone
    assert deleted(ask, "/api/tasks/6") == sorted([*gone, real])
    delete(ask, f"/api/jobs/{pool.id}", [])
    assert deleted(ask, "/api/tasks/6") == []


def test_deleting_in_the_pool_restores_what_else_was_deleted(ask, world: World) -> None:
    task = world.tasks[6]
    pool = task.jobs[-1]
    ordinary = next(t for t in range(pool.start) if t not in task.honeypots)
    unused = next(t for t in pool.frames if t not in task.honeypots.values())
    delete(ask, f"/api/jobs/{task.jobs[0].id}", [ordinary])
    assert deleted(ask, "/api/tasks/6") == [ordinary]
    delete(ask, f"/api/jobs/{pool.id}", [unused])
    assert deleted(ask, "/api/tasks/6") == [unused]


def test_a_frame_of_the_pool_can_be_restored_through_the_task(ask, world: World) -> None:
    task = world.tasks[6]
    pool = task.jobs[-1]
    delete(ask, f"/api/jobs/{pool.id}", [pool.start])
    delete(ask, "/api/tasks/6", [])
    assert deleted(ask, "/api/tasks/6") == []
    assert deleted(ask, f"/api/jobs/{pool.id}") == [pool.start]  # still no part of the validation


@pytest.mark.parametrize("frames", [[0, 0], [230], [-1]])
def test_impossible_lists_are_refused(ask, frames: list[int]) -> None:
    answer = delete(ask, "/api/tasks/1", frames)
    assert list(answer) == ["deleted_frames"]
    assert deleted(ask, "/api/tasks/1") == [17, 18, 104]
