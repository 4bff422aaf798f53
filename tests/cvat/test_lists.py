"""Lists to their end, and of the organization that CVAT judges them by."""

from __future__ import annotations

import pytest

from cvat import lists
from cvat.exceptions import CvatBroken, CvatForbidden, CvatNotFound, CvatRejected
from tests.cvat.replaying import Replay, client, json_answer, path_of, recorded
from tests.recorded import recording


def results(*ids: int, following: bool = False, count: int = 99) -> dict[str, object]:
    jobs = [{"id": number, "task_id": 7} for number in ids]
    return {
        "count": count,
        "next": "http://elsewhere.invalid/" if following else None,
        "results": jobs,
    }


def test_a_page_of_tasks(cvat: Replay) -> None:
    cvat.replay("tasks-list-page-1")
    page = client(cvat).tasks(search="a b&c", page=1, page_size=3)
    body = recording("tasks-list-page-1").response["body"]
    assert page.count == body["count"]
    assert [task.id for task in page.results] == [task["id"] for task in body["results"]]
    assert cvat.asked[0].query == {
        "page": "1",
        "page_size": "3",
        "sort": "-id",
        "search": "a b&c",
    }


def test_a_page_beyond_the_end(cvat: Replay) -> None:
    cvat.replay("tasks-list-page-beyond-404")
    with pytest.raises(CvatNotFound, match="Page 18 of the tasks does not exist"):
        client(cvat).tasks(page=18, page_size=3)


class TestAllPages:
    def test_recorded_pages_by_number(self, cvat: Replay) -> None:
        for page in (1, 2, 3):
            cvat.route("/api/jobs", recorded(f"jobs-list-page-{page}"), page=page)
        jobs = client(cvat).jobs(19)
        assert [job.id for job in jobs] == sorted(job.id for job in jobs)
        assert len(jobs) == recording("jobs-list-page-1").response["body"]["count"]
        pages = cvat.asked_for("/api/jobs")
        assert {asked.query["sort"] for asked in pages} == {"id"}
        assert [asked.query["page"] for asked in pages] == ["1", "2", "3"]

    def test_a_deletion_meanwhile_hides_no_other_entry(self, cvat: Replay) -> None:
        """Job 3 is deleted once its page is read, so job 5 moves to that page."""
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True, count=7)), page=1)
        cvat.route(
            "/api/jobs",
            json_answer(results(3, 4, following=True, count=7)),
            json_answer(results(4, 5, following=True, count=6)),
            page=2,
        )
        cvat.route("/api/jobs", json_answer(results(6, 7, count=6)), page=3)
        assert {job.id for job in client(cvat).jobs(7)} == {1, 2, 3, 4, 5, 6, 7}
        pages = [asked.query["page"] for asked in cvat.asked_for("/api/jobs")]
        assert pages == ["1", "2", "3", "2", "3"]

    def test_many_deletions_meanwhile_shift_several_pages(self, cvat: Replay) -> None:
        """Jobs 1 to 3 are deleted once the second page is read."""
        cvat.route(
            "/api/jobs",
            json_answer(results(1, 2, following=True, count=7)),
            json_answer(results(4, 5, following=True, count=4)),
            page=1,
        )
        cvat.route(
            "/api/jobs",
            json_answer(results(3, 4, following=True, count=7)),
            json_answer(results(6, 7, count=4)),
            page=2,
        )
        cvat.route("/api/jobs", recorded("jobs-list-page-beyond-404"), page=3)
        assert {4, 5, 6, 7} <= {job.id for job in client(cvat).jobs(7)}

    def test_deletions_meanwhile_leave_fewer_pages(self, cvat: Replay) -> None:
        cvat.route(
            "/api/jobs",
            json_answer(results(1, 2, following=True, count=3)),
            json_answer(results(2, count=1)),
            page=1,
        )
        cvat.route("/api/jobs", recorded("jobs-list-page-beyond-404"), page=2)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2]

    def test_new_entries_meanwhile_come_last(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True, count=3)), page=1)
        cvat.route("/api/jobs", json_answer(results(3, 4, count=4)), page=2)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2, 3, 4]
        assert len(cvat.asked_for("/api/jobs")) == 2

    def test_tasks_that_match(self, cvat: Replay) -> None:
        """Task 9 is deleted once the first page is read."""
        cvat.route(
            "/api/tasks",
            json_answer(results(5, 9, following=True, count=3)),
            json_answer(results(5, 11, count=2)),
            page=1,
        )
        cvat.route("/api/tasks", recorded("tasks-list-page-beyond-404"), page=2)
        tasks = client(cvat, "acme").all_tasks(search="night", subset="train")
        assert [task.id for task in tasks] == [5, 9, 11]
        kept = {"search": "night", "subset": "train", "org": "acme", "sort": "id"}
        assert all(kept.items() <= asked.query.items() for asked in cvat.asked)

    def test_tasks_of_a_project_that_match(self, cvat: Replay) -> None:
        cvat.route("/api/projects/2", json_answer({"id": 2, "organization_id": 1}))
        cvat.route("/api/tasks", json_answer(results(63)))
        tasks = client(cvat, "other").all_tasks(project_id=2, status="completed")
        assert [task.id for task in tasks] == [63]
        (asked,) = cvat.asked_for("/api/tasks")
        assert asked.query["org_id"] == "1"
        assert (asked.query["project_id"], asked.query["status"]) == ("2", "completed")
        assert "org" not in asked.query

    def test_a_list_that_becomes_shorter_time_and_again(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True, count=4)), page=1)
        cvat.route("/api/jobs", json_answer(results(4, count=3)), page=2)
        with pytest.raises(CvatBroken, match="Entries of the jobs of task 7 were deleted"):
            client(cvat).jobs(7)
        assert len(cvat.asked_for("/api/jobs")) == 2 * (lists.STEPS_BACK + 1)

    def test_the_same_object_twice_counts_once(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True)), page=1)
        cvat.route("/api/jobs", json_answer(results(2, 3)), page=2)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2, 3]

    def test_a_server_that_never_ends(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True)))
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2]
        assert len(cvat.asked_for("/api/jobs")) == 2

    def test_a_server_that_caps_the_page_size(
        self, cvat: Replay, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "PAGE_SIZE", 500)
        for page in (1, 2, 3):
            following = page < 3
            cvat.route("/api/jobs", json_answer(results(page, following=following)), page=page)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2, 3]

    def test_an_ignored_filter_lets_no_foreign_job_in(self, cvat: Replay) -> None:
        jobs = [{"id": 1, "task_id": 7}, {"id": 2, "task_id": 8}]
        cvat.route("/api/jobs", json_answer({"count": 2, "next": None, "results": jobs}))
        assert [job.id for job in client(cvat).jobs(7)] == [1]

    def test_an_ignored_filter_lets_no_job_of_another_project_in(self, cvat: Replay) -> None:
        projects = {1: 5, 2: 6, 3: None}
        jobs = [{"id": job, "task_id": 7, "project_id": each} for job, each in projects.items()]
        cvat.route("/api/projects/5", json_answer({"id": 5, "name": "Five"}))
        cvat.route("/api/jobs", json_answer({"count": 3, "next": None, "results": jobs}))
        assert [job.id for job in client(cvat).project_jobs(5)] == [1]

    def test_no_page_at_all_is_an_error(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-unknown-org-404")
        with pytest.raises(CvatNotFound, match="There is no organization nope on"):
            client(cvat, "nope").tasks()

    def test_not_a_list(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer({"results": {"id": 1}}))
        with pytest.raises(CvatBroken, match="unknown form"):
            client(cvat).jobs(7)

    def test_a_list_of_something_else(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer({"results": [None]}))
        with pytest.raises(CvatBroken, match="unknown form"):
            client(cvat).jobs(7)

    def test_a_token_of_an_unknown_form(self, cvat: Replay) -> None:
        cvat.route("/api/auth/access_tokens/self", json_answer([1]))
        with pytest.raises(CvatBroken, match="unknown form"):
            client(cvat).own_token()


class TestOrganization:
    def test_unset_it_is_left_out(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-page-1")
        client(cvat).tasks()
        assert "org" not in cvat.asked[0].query

    def test_set_it_narrows_the_lists_one_browses(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-org", "projects-list")
        client(cvat, "acme").tasks()
        client(cvat, "acme").projects()
        assert [asked.query["org"] for asked in cvat.asked] == ["acme", "acme"]

    def test_what_is_asked_for_by_id_may_lie_in_another(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", recorded("jobs-list-page-3"))
        cvat.route("/api/tasks", recorded("tasks-search"))
        cvat.replay("task-detail-images", "organizations-list")
        c = client(cvat, "acme")
        c.jobs(19)
        c.task(19)
        c.tasks(project_id=3)
        c.organizations()
        assert not [asked for asked in cvat.asked if "org" in asked.query]
        assert not [asked for asked in cvat.asked if "x-organization" in asked.headers]


class TestListsOfAnObject:
    """CVAT judges a list by the organization it names: that of the task or the project."""

    @staticmethod
    def asked(cvat: Replay, path: str) -> list[str | None]:
        return [asked.query.get("org_id") for asked in cvat.asked_for(path)]

    @pytest.mark.parametrize("key", ["organization_id", "organization"])
    @pytest.mark.parametrize("organization", ["", "other"])
    def test_jobs(self, cvat: Replay, key: str, organization: str) -> None:
        cvat.route("/api/tasks/7", json_answer({"id": 7, key: 3}))
        cvat.route("/api/jobs", json_answer(results(1)))
        with client(cvat, organization) as c:
            for _ in range(2):
                assert [job.id for job in c.jobs(7)] == [1]
        assert self.asked(cvat, "/api/jobs") == ["3", "3"]
        assert not [asked for asked in cvat.asked if "org" in asked.query]
        assert len(cvat.asked_for("/api/tasks/7")) == 1

    def test_a_task_that_was_read_is_not_read_again(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/63", json_answer({"id": 63, "organization_id": 1}))
        cvat.route("/api/jobs", json_answer(results()))
        c = client(cvat)
        assert c.task(63).organization_id == 1
        c.jobs(63)
        assert self.asked(cvat, "/api/jobs") == ["1"]
        assert len(cvat.asked_for("/api/tasks/63")) == 1

    def test_in_no_organization(self, cvat: Replay) -> None:
        cvat.replay("task-detail-images")
        cvat.route("/api/jobs", recorded("jobs-list-page-3"))
        client(cvat).jobs(19)
        assert self.asked(cvat, "/api/jobs") == [None]

    @pytest.mark.parametrize("name", ["task-not-permitted-403", "task-not-found-404"])
    def test_a_task_that_is_closed(self, cvat: Replay, name: str) -> None:
        number = int(path_of(name).rpartition("/")[2])
        cvat.replay(name)
        cvat.route("/api/jobs", json_answer(results()))
        c = client(cvat)
        with pytest.raises((CvatForbidden, CvatNotFound)):
            c.task(number)
        assert c.jobs(number) == []
        assert self.asked(cvat, "/api/jobs") == [None]
        assert len(cvat.asked_for(f"/api/tasks/{number}")) == 1

    @pytest.mark.parametrize("status", [403, 404])
    def test_no_member_of_it(self, cvat: Replay, status: int) -> None:
        cvat.route("/api/tasks/7", json_answer({"id": 7, "organization_id": 3}))
        cvat.route("/api/jobs", json_answer(results(1)))
        cvat.route("/api/jobs", json_answer({"message": "no member"}, status), org_id=3)
        assert [job.id for job in client(cvat).jobs(7)] == [1]
        assert self.asked(cvat, "/api/jobs") == ["3", None]

    def test_other_trouble_is_not_hidden(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/7", json_answer({}, 400))
        with pytest.raises(CvatRejected):
            client(cvat).jobs(7)
        cvat.route("/api/tasks/7", json_answer({"id": 7, "organization_id": 3}))
        cvat.route("/api/jobs", json_answer({}, 400))
        with pytest.raises(CvatRejected):
            client(cvat).jobs(7)

    def test_tasks_of_a_project(self, cvat: Replay) -> None:
        cvat.route("/api/projects/2", json_answer({"id": 2, "organization_id": 1}))
        cvat.route("/api/tasks", json_answer(results(63)))
        c = client(cvat, "other")
        assert [task.id for task in c.tasks(project_id=2).results] == [63]
        assert [task.id for task in c.tasks(project_id=2, search="x").results] == [63]
        assert self.asked(cvat, "/api/tasks") == ["1", "1"]
        assert cvat.asked[-1].query["search"] == "x"
        assert len(cvat.asked_for("/api/projects/2")) == 1

    def test_a_page_beyond_the_end_of_a_project(self, cvat: Replay) -> None:
        cvat.route("/api/projects/2", json_answer({"id": 2, "organization_id": 1}))
        cvat.replay("tasks-list-page-beyond-404")
        with pytest.raises(CvatNotFound, match="Page 18"):
            client(cvat).tasks(project_id=2, page=18)
