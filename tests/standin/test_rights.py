"""Who may see what in the sample world."""

import pytest

from standin.creations import Creation
from standin.server import StandIn
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


def test_lists_count_a_role_only_in_the_organisation_they_name(ask, world: World) -> None:
    acme = world.organizations[1]
    project = world.add_project("Gates", "demo", organization=acme)
    task = world.add_task("Gate 7", owner="demo", project=project, count=4, segment_size=2)
    task.jobs[1].assignee = world.user("bob")

    def found(path: str, user: str, **query: object) -> set[int]:
        answer = ask(path, user=user, params={"page_size": 100, **query})
        return {thing["id"] for thing in answer.json()["results"]}

    everything, second = {job.id for job in task.jobs}, {task.jobs[1].id}
    jobs = {"path": "/api/jobs", "task_id": task.id}
    assert ask(f"/api/tasks/{task.id}", user="alice").status_code == 200
    assert found(user="alice", **jobs) == set()
    assert found(user="alice", org="", **jobs) == set()
    assert found(user="alice", org="acme", **jobs) == everything
    assert found(user="alice", org_id=1, **jobs) == everything
    assert found(user="bob", **jobs) == found(user="bob", org="acme", **jobs) == second
    assert found(user="bob", org="", **jobs) == set()
    for asker in ("demo", "admin"):
        assert found(user=asker, **jobs) == found(user=asker, org_id=1, **jobs) == everything
    for path, number in (("/api/tasks", task.id), ("/api/projects", project.id)):
        assert number not in found(path, "alice")
        assert number in found(path, "alice", org="acme")
        assert number not in found(path, "bob", org="acme")
    world.organizations[1].members[world.user("alice").id] = "supervisor"
    assert found(user="alice", org="acme", **jobs) == set()


def test_the_layout_of_a_job_is_closed_to_its_mere_assignee(ask, world: World) -> None:
    job = world.tasks[6].jobs[0]
    job.assignee = world.user("carol")
    path = f"/api/jobs/{job.id}/validation_layout"
    assert ask(path, user="carol").status_code == 403
    assert ask(path, user="carol", method="PATCH", json={}).status_code == 403
    assert ask(path).json()["honeypot_count"] == 2
    plain = world.tasks[1].jobs[0]
    assert ask(f"/api/jobs/{plain.id}/validation_layout").json() == {}


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
    ask(path, method="PATCH", json={"state": "completed"})
    stays = ask(path, method="PATCH", json={"stage": "acceptance"}).json()
    assert (stays["stage"], stays["state"]) == ("acceptance", "completed")


def test_what_an_organization_holds_is_closed_to_who_has_left_it(ask, world: World) -> None:
    """cvat-api 3.6: lists go on to show it."""
    task = world.add_task("left", owner="bob", organization=world.organizations[1], count=2)
    assert ask(f"/api/tasks/{task.id}", user="bob").status_code == 200
    del world.organizations[1].members[world.user("bob").id]
    assert task.id in {each["id"] for each in ask("/api/tasks", user="bob").json()["results"]}
    for path in (f"/api/tasks/{task.id}", f"/api/jobs/{task.jobs[0].id}"):
        assert ask(path, user="bob").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("worker", 403), ("supervisor", 201)])
def test_a_worker_makes_no_ground_truth_in_a_task_of_his(
    ask, world: World, role: str, status: int
) -> None:
    acme = world.organizations[1]
    acme.members[world.user("bob").id] = role
    task = world.add_task("his", owner="demo", assignee="bob", organization=acme, count=4)
    asked = {"type": "ground_truth", "frame_selection_method": "manual", "task_id": task.id}
    made = ask("/api/jobs", user="bob", method="POST", json={**asked, "frames": [1]})
    assert made.status_code == status
    truth = task.jobs[-1] if made.ok else world.add_ground_truth(task, [1])
    gone = ask(f"/api/jobs/{truth.id}", user="bob", method="DELETE")
    assert gone.status_code == (204 if made.ok else 403)


def test_the_assignee_of_a_task_neither_deletes_it_nor_gives_it_away(ask, world: World) -> None:
    task = world.add_task("theirs", owner="demo", assignee="carol", count=2)
    path = f"/api/tasks/{task.id}"
    assert ask(path, user="carol", method="PATCH", json={"name": "mine"}).status_code == 200
    assert ask(path, user="carol", method="PATCH", json={"assignee_id": None}).status_code == 403
    assert ask(path, user="carol", method="DELETE").status_code == 403
    project = world.add_project("theirs", "demo", assignee="carol")
    inside = world.add_task("inside", owner="demo", project=project, count=2)
    assert ask(f"/api/tasks/{inside.id}", user="carol", method="DELETE").status_code == 204
    assert ask(f"/api/projects/{project.id}", user="carol", method="DELETE").status_code == 403
    assert ask(f"/api/projects/{project.id}", method="DELETE").status_code == 204


def test_a_worker_makes_tasks_in_a_project_of_his_alone(ask, world: World) -> None:
    acme = world.organizations[1]
    his = world.add_project("his", "demo", assignee="bob", organization=acme)
    other = world.add_project("other", "demo", organization=acme)
    for project_id, status in ((his.id, 201), (other.id, 403), (None, 403)):
        body = {"name": "new"} if project_id is None else {"name": "new", "project_id": project_id}
        made = ask("/api/tasks", user="bob", method="POST", params={"org": "acme"}, json=body)
        assert made.status_code == status, project_id


def test_a_creation_is_shown_to_whoever_may_see_its_task(
    ask, world: World, standin: StandIn
) -> None:
    task = world.add_task("new", owner="demo", assignee="bob", readiness="creating")
    owner = world.user("demo")
    assert owner is not None
    standin.site.creations.add(Creation(task, owner, {}))
    path = f"/api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D{task.id}"
    found = {user: ask(path, user=user).status_code for user in ("demo", "bob", "admin", "carol")}
    assert found == {"demo": 200, "bob": 200, "admin": 200, "carol": 403}


def test_paths_that_come_later_are_not_found_pages(ask) -> None:
    for path in ("/api/requests", "/api/webhooks", "/api/quality/reports"):
        answer = ask(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
