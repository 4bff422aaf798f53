"""Who may see what in the sample world."""

import pytest

from standin.world import World


def test_demo_and_admin_see_every_task(ask, world: World) -> None:
    for user in ("demo", "admin"):
        for task_id in world.tasks:
            assert ask(f"/api/tasks/{task_id}", user=user).status_code == 200, (user, task_id)


def test_a_job_assignee_reads_that_job_and_nothing_around_it(ask, world: World) -> None:
    mine, other = world.tasks[1].jobs[2], world.tasks[1].jobs[0]
    assert [job["id"] for job in ask("/api/jobs", user="carol").json()["results"]] == [mine.id]
    for path in ("", "/data/meta", "/data?type=chunk&index=0", "/preview"):
        assert ask(f"/api/jobs/{mine.id}{path}", user="carol").status_code == 200, path
        assert ask(f"/api/jobs/{other.id}{path}", user="carol").status_code == 403, path
    frame = f"type=frame&number={mine.start}"
    assert ask(f"/api/jobs/{mine.id}/data?{frame}", user="carol").status_code == 200
    assert ask(f"/api/tasks/1/data?{frame}", user="carol").status_code == 403
    assert ask(f"/api/labels?job_id={mine.id}", user="carol").status_code == 200
    assert ask("/api/labels?task_id=1", user="carol").status_code == 403


@pytest.mark.parametrize("path", ["", "/data/meta", "/data?type=preview", "/validation_layout"])
def test_a_foreign_task_is_forbidden_and_a_missing_one_missing(ask, path: str) -> None:
    assert ask(f"/api/tasks/1{path}", user="carol").status_code == 403
    assert ask(f"/api/tasks/9999{path}", user="carol").status_code == 404


def test_lists_leave_out_what_one_may_not_see(ask) -> None:
    assert ask("/api/tasks", user="carol").json()["count"] == 0
    assert ask("/api/jobs?task_id=5", user="carol").json()["results"] == []
    assert {t["id"] for t in ask("/api/tasks", user="alice").json()["results"]} == {2, 5, 10}


def test_project_owners_see_the_tasks_inside(world: World, ask) -> None:
    project = world.add_project("Carol's", "carol")
    task = world.add_task("inside", owner="demo", project=project, count=2)
    assert ask(f"/api/tasks/{task.id}", user="carol").status_code == 200


def test_job_assignees_set_the_state_but_not_the_stage(ask, world: World) -> None:
    job = world.tasks[1].jobs[2]
    path = f"/api/jobs/{job.id}"
    done = ask(path, user="carol", method="PATCH", json={"state": "completed"})
    assert done.json()["state"] == "completed"
    stage = ask(path, user="carol", method="PATCH", json={"stage": "acceptance"})
    assert stage.status_code == 403
    moved = ask(path, method="PATCH", json={"stage": "acceptance"}).json()
    assert (moved["stage"], moved["state"]) == ("acceptance", "new")


def test_paths_that_come_later_are_not_found_pages(ask) -> None:
    for path in ("/api/tasks/1/annotations", "/api/requests", "/api/webhooks", "/api/issues"):
        answer = ask(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
    assert ask("/api/jobs", method="POST", json={}).status_code == 404
