"""Who asked in each recording, what the world was like, and which recordings are left out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from standin.creations import Creation
from standin.model import Comment, Issue, Task
from standin.server import StandIn
from tests.standin.recorded_tasks import add_corrupt_task, add_labelled_task

# Whose credentials stand behind `<credentials>`; alice's in all others.
ASKED_BY = {
    "admin": [
        "accept-version-2.0-ok",
        # By alice, on a server without CVAT's rules: in a personal space only an administrator
        # assigns somebody else.
        "job-assign",
        "job-update-assignee",
    ],
    "bob": [
        "frame-as-job-assignee",
        "frame-through-task-as-job-assignee-403",
        "job-as-assignee",
        "job-update-state-by-assignee",
        "task-as-job-assignee-403",
    ],
    "carol": [
        "access-token-create",
        "access-token-create-no-name-400",
        "access-token-create-past-expiry-accepted",
        "access-token-list",
        "access-token-patch",
        "access-token-plus-session-cookie-post-no-csrf-needed",
        "access-token-readwrite-post-ok",
        "access-token-revoke",
        "access-token-self",
        "access-token-use-bearer",
        "frame-not-permitted-403",
        "gt-create-not-permitted-403",
        "inactive-user-access-token-401",
        "inactive-user-basic-401",
        "inactive-user-session-401",
        "inactive-user-token-401",
        "job-not-permitted-403",
        "jobs-list-of-other-task-empty",
        "labels-of-foreign-task-403",
        "meta-not-permitted-403",
        "task-not-permitted-403",
    ],
}
ASKER = {case: name for name, cases in ASKED_BY.items() for case in cases}

# Authorization headers that are not simply the asker's.
HEADERS = {
    "access-token-expired-401": "Bearer gone.gone",
    "access-token-revoked-401": "Bearer gone.gone",
    "access-token-with-Token-keyword-401": "Token abcd.abcd",
    "token-after-logout-401": "Token " + "0" * 40,
    "users-self-bad-token-401": "Token " + "0" * 40,
    "users-self-basic-wrong-401": "Basic YWxpY2U6d3Jvbmc=",
    "users-self-bearer-bad-401": "Bearer nope",
    "users-self-malformed-token-header-401": "Token two words",
}

READ_ONLY = {"access-token-readonly-unsafe-403", "access-token-self"}

OTHER_NUMBERS = {
    # the ids of new objects go on from what the recorded server had
    "access-token-create": {"id"},
    "access-token-create-past-expiry-accepted": {"id"},
    "access-token-self": {"id", "name"},
    "access-token-plus-session-cookie-post-no-csrf-needed": {"id", "url"},
    "access-token-readwrite-post-ok": {"id", "url"},
    "session-cookie-plus-token-header-post-ok": {"id", "url"},
    "session-cookie-post-with-csrf-header-ok": {"id", "url"},
    "task-create-empty": {"id", "url"},
    "organization-create": {"id"},
    "project-create": {"id", "url"},
    "project-create-in-org": {"id", "url", "organization", "organization_id"},
    "labels-without-selector": {"count"},
    "upload-1-task-create": {"id", "url"},
    "gt-create-in-step-task-ok": {"id", "url"},
    "gt-create-in-video-task-ok": {"id", "url"},
    "gt-create-manual-ok": {"id", "url"},
    "gt-create-random-uniform-seed7-ok": {"id", "url"},
}


def _deleted(*frames: int) -> Callable[[StandIn], None]:
    return lambda standin: standin.world.set_deleted(41, frames)


def _inactive(standin: StandIn) -> None:
    standin.world.users[4].is_active = False


def _no_assignee(standin: StandIn) -> None:
    job = standin.world.jobs[41]
    job.assignee = None
    job.assignee_updated_date = job.updated_date


def _throttled(standin: StandIn) -> None:
    for _ in range(100):
        standin.throttle.check("203.0.113.9")


def _three_tokens(standin: StandIn) -> None:
    world = standin.world
    soon = datetime.now(UTC) + timedelta(hours=1)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    for _ in range(4):
        world.access_token("alice")
    world.access_token("carol", "portal")
    world.access_token("carol", "rw", read_only=False)
    world.access_token("carol", "past", expiry_date=past)
    world.access_token("carol", "short", expiry_date=soon)


def _used_token(number: int) -> Callable[[StandIn], None]:
    def change(standin: StandIn) -> None:
        _three_tokens(standin)
        standin.world.access_tokens[number].last_used_date = datetime.now(UTC)

    return change


def _no_organization(standin: StandIn) -> None:
    standin.world.organizations.clear()


def _working_replicas(standin: StandIn) -> None:
    for job_id in (76, 77):
        standin.world.jobs[job_id].state = "in progress"


def _failed(standin: StandIn) -> None:
    standin.world.add_task("bad image", task_id=46, owner="alice", readiness="failed")


def _renamed(standin: StandIn) -> None:
    standin.world.add_task(
        "old name",
        task_id=65,
        owner="alice",
        project=standin.world.projects[1],
        count=3,
        segment_size=2,
    )


def _queued(standin: StandIn) -> None:
    standin.world.add_task("queued", task_id=69, owner="alice", readiness="creating")


def _step_ground_truth(standin: StandIn) -> None:
    task = standin.world.tasks[26]
    standin.world.add_ground_truth(task, [0, 2, 6], 89)
    task.layout_in_source_numbers = True


def _plain_ground_truth(standin: StandIn) -> None:
    standin.world.add_ground_truth(standin.world.tasks[19], [3, 8, 9, 21, 30], 81)


def _creation(task_id: int, status: str, message: str = "") -> Callable[[StandIn], None]:
    """The request that makes a task."""

    def change(standin: StandIn) -> None:
        alice = standin.world.user("alice")
        assert alice is not None
        moment = datetime.now(UTC)
        task = Task(task_id, "being created", alice)
        creation = Creation(task, alice, {}, status, message)
        creation.started = None if status == "queued" else moment
        creation.finished = moment if status in ("finished", "failed") else None
        standin.site.creations.add(creation)

    return change


def _tus(length: int, offset: int = 0, name: str = "t1.jpg") -> Callable[[StandIn], None]:
    """An upload of which CVAT has the first bytes, and a file that is complete."""

    def change(standin: StandIn) -> None:
        world = standin.world
        task_id = 59 if "/" in name else 57
        world.tasks[task_id].readiness = "empty"
        upload_id = TUS_IDS[task_id]
        upload = world.uploads.begin(task_id, name, length, 2, upload_id)
        world.uploads.append(upload, bytes(offset))
        world.uploads.add(task_id, "t2.jpg", b"complete")

    return change


def _issue(comments: int) -> Callable[[StandIn], None]:
    """Issue 1 of job 131."""

    def change(standin: StandIn) -> None:
        world = standin.world
        alice, job, moment = world.user("alice"), world.jobs[131], datetime.now(UTC)
        assert alice is not None
        issue = Issue(1, job, alice, 1, [10.0, 10.0, 30.0, 30.0], moment, moment)
        world.issues[1] = issue
        job.issues.append(issue)
        for number, text in enumerate(["please check", "done"][:comments], start=1):
            issue.comments.append(Comment(number, issue, alice, text, moment, moment))

    return change


def _task_58(standin: StandIn) -> None:
    standin.world.tasks[58].readiness = "empty"


def _video_without_ground_truth(standin: StandIn) -> None:
    standin.world.remove_ground_truth(standin.world.jobs[92])


def _job(**values: object) -> Callable[[StandIn], None]:
    """Job 131 as it was before the recorded change."""

    def change(standin: StandIn) -> None:
        job = standin.world.jobs[131]
        for name, value in values.items():
            setattr(job, name, standin.world.user(str(value)) if name == "assignee" else value)
        if "assignee" in values:
            job.assignee_updated_date = job.updated_date

    return change


def _multiview(standin: StandIn) -> None:
    standin.world.add_task(
        "mv",
        task_id=72,
        owner="alice",
        dimension="multiview",
        image_quality=50,
        video_name="<server data folder>/multiview/72/view1.mp4",
    )


def _no_token_3(standin: StandIn) -> None:
    standin.world.add_task("old", task_id=3, owner="alice", count=2)


TUS_IDS = {
    57: "2_f34b4b34-4ac5-440e-9df1-a6d36e044c0b",
    59: "2_a233eea7-9ffe-4645-9018-b0afad88e91a",
}
UNREADABLE = (
    "PIL.UnidentifiedImageError: cannot identify image file "
    "'<server data folder>/data/32/raw/a.jpg'\n"
)

# What is done to the world before the request is sent.
BEFORE: dict[str, Callable[[StandIn], None]] = {
    "access-token-list": _used_token(8),
    "access-token-patch": _used_token(6),
    "access-token-revoke": _three_tokens,
    "deleted-frames-patch-gt-job": _deleted(0, 5, 11),
    "deleted-frames-patch-job": _deleted(),
    "frame-accept-image-406": _no_token_3,
    "frame-in-chunk-with-corrupt-image-compressed-0": lambda s: add_corrupt_task(s.world),
    "frame-in-chunk-with-corrupt-image-compressed-1": lambda s: add_corrupt_task(s.world),
    "frame-in-chunk-with-corrupt-image-original-0": lambda s: add_corrupt_task(s.world),
    "frame-in-chunk-with-corrupt-image-original-1": lambda s: add_corrupt_task(s.world),
    "frame-task-failed-creation-400": _failed,
    "frame-task-queued-400": _queued,
    "gt-create-in-video-task-ok": _video_without_ground_truth,
    "gt-create-second-400": _plain_ground_truth,
    "gt-job-delete-204": _plain_ground_truth,
    "comment-create": _issue(1),
    "comments-of-issue": _issue(2),
    "issue-create-frame-outside-job-201": _issue(1),
    "issue-resolve": _issue(2),
    "issues-of-job": _issue(2),
    "request-failed-task-creation": _creation(46, "failed", UNREADABLE),
    "request-task-creation-finished": _creation(51, "finished"),
    "request-task-creation-queued": _creation(69, "queued"),
    "request-task-creation-started-1": _creation(51, "started"),
    "tus-2-chunk": _tus(924),
    "tus-3-chunk": _tus(924, 600),
    "tus-5-finish": _task_58,
    "tus-chunk-of-name-with-folder-500": _tus(966, name="cam_a/t.jpg"),
    "tus-chunk-wrong-offset-409": _tus(924, 600),
    "tus-create-same-name-409": _tus(924),
    "tus-head-offset": _tus(924, 600),
    "upload-5-request-finished": _creation(52, "finished"),
    "inactive-user-access-token-401": _inactive,
    "inactive-user-basic-401": _inactive,
    "inactive-user-login-400": _inactive,
    "inactive-user-session-401": _inactive,
    "inactive-user-token-401": _inactive,
    "job-detail-annotation": _no_assignee,
    "job-update-assignee": _job(stage="validation"),
    "job-update-completed": _job(assignee="bob", stage="validation"),
    "job-update-state-by-assignee": _job(assignee="bob", stage="acceptance"),
    "jobs-list-consensus-task": _working_replicas,
    "jobs-list-page-1": _no_assignee,
    "labels-with-attributes-and-skeleton": lambda s: add_labelled_task(s.world),
    "meta-gt-job-in-step-task": _step_ground_truth,
    "meta-job-deleted-frames": _deleted(0, 4, 11),
    "meta-task-deleted-frames": _deleted(0, 4, 11),
    "meta-task-failed-creation": _failed,
    "organization-create": _no_organization,
    "method-not-allowed-405": _no_token_3,
    "multiview-task-detail": _multiview,
    "multiview-task-frame-500": _multiview,
    "multiview-task-meta": _multiview,
    "task-delete-204": _failed,
    "task-failed-creation-detail": _failed,
    "task-rename": _renamed,
    "throttled-anonymous-429": _throttled,
    "throttled-login-429": _throttled,
    "validation-layout-task-gt": _plain_ground_truth,
    "validation-layout-task-gt-step": _step_ground_truth,
}

BROKEN = "a broken installation; tests of that use faults.fail()"

# Recordings of the sections the stand-in covers that are not replayed, and why.
LEFT_OUT = {
    "policy-engine-down-500": BROKEN,
    "server-health-degraded-500": BROKEN,
    "frame-chunk-not-ready-429": BROKEN,
    "chunk-not-ready-429": BROKEN,
    # Closed by CVAT's rules (writes/org-list-as-non-member-403), which that server was without.
    "tasks-list-org-not-a-member": "taken from a server without CVAT's rules",
    "multiview-create": "an endpoint of one fork of CVAT",
    "multiview-data-of-ordinary-task-400": "an endpoint of one fork of CVAT",
}

# Whole areas that the stand-in does not have yet: it answers 404 there.
LEFT_OUT_AREAS = {
    "backup-": "backups",
    "consensus-": "consensus merges",
    "export-": "exports",
    "quality-": "quality reports",
    "webhook": "webhooks",
}
