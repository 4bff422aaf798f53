"""The matrix of rights: what every address of the project answers to whom.

alice owns two selections, one of them shared with everybody; bob has built an archive of the
shared one. Both are connected to CVAT, the administrator is not. A third selection of hers is
shared with a reader, and with an editor through a team that she manages (SHARED). A recipe is
hers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Statuses = tuple[int, int, int, int]  # anonymous, alice, bob, admin

# Pages lead the anonymous to the sign-in (302), the API answers 401.
PAGE: Statuses = (302, 200, 200, 200)
PAGE_OF_ALICE: Statuses = (302, 200, 404, 404)
PAGE_OF_BOB: Statuses = (302, 404, 200, 404)
DONE: Statuses = (302, 302, 302, 302)
DONE_BY_ALICE: Statuses = (302, 302, 404, 404)
API: Statuses = (401, 200, 200, 200)
API_OF_ALICE: Statuses = (401, 200, 404, 404)
API_OF_BOB: Statuses = (401, 404, 200, 404)
API_ASKS_CVAT: Statuses = (401, 200, 200, 409)

FRAMES = [{"task_id": 1, "frame": 0}]
REMOVED = {"revision": 1, "remove": FRAMES}
REMOVED_ON_PAGE = {"revision": 1, "frame": ["1-0"]}
RECIPE = {
    "name": "Rounds",
    "frame_selection_method": "random_uniform",
    "task_id": 1,
    "frame_count": 1,
}

COPY = {"source_task_id": 2, "task_id": 1, "connection": "connection"}


@dataclass(frozen=True)
class Case:
    statuses: Statuses
    args: dict[str, Any] = field(default_factory=dict)  # a text is the name of a thing
    method: str = "get"
    data: dict[str, Any] | None = None


def get(statuses: Statuses, **args: Any) -> Case:
    return Case(statuses, args)


def post(statuses: Statuses, data: dict[str, Any] | None = None, **args: Any) -> Case:
    return Case(statuses, args, "post", data)


def patch(statuses: Statuses, data: dict[str, Any], **args: Any) -> Case:
    return Case(statuses, args, "patch", data)


def put(statuses: Statuses, data: dict[str, Any], **args: Any) -> Case:
    return Case(statuses, args, "put", data)


def delete(statuses: Statuses, **args: Any) -> Case:
    return Case(statuses, args, "delete")


EXPECTED: dict[str, list[Case]] = {
    "home": [get(DONE)],
    "health": [get((200, 200, 200, 200))],
    "login": [get((200, 302, 302, 302))],
    "logout": [post(DONE)],
    "password_change": [get(PAGE)],
    "password_change_done": [get(PAGE)],
    "selector:choose": [get((302, 200, 200, 409))],
    "selector:save-search": [post(DONE, {"name": "x", "subset": "train"})],
    "selector:delete-search": [post(DONE_BY_ALICE, pk="search")],
    "selector:connections": [get(PAGE)],
    "selector:connect-sample": [post(DONE)],
    "selector:connect-installation": [post((302, 400, 400, 400))],
    "selector:disconnect": [post(DONE_BY_ALICE, pk="connection")],
    "portal:tokens": [get(PAGE), post(PAGE, {"name": "script", "days": 30})],
    "portal:revoke-token": [post(DONE_BY_ALICE, pk="token")],
    "portal:teams": [get(PAGE), post(DONE, {"name": "new"})],
    "portal:team": [get(PAGE_OF_ALICE, pk="team")],
    "portal:rename-team": [post(DONE_BY_ALICE, {"name": "x"}, pk="team")],
    "portal:delete-team": [post(DONE_BY_ALICE, pk="team")],
    "portal:leave-team": [post(DONE_BY_ALICE, pk="team")],
    "portal:add-member": [post(DONE_BY_ALICE, {"person": "bob"}, pk="team")],
    "portal:change-member": [
        post(DONE_BY_ALICE, {"change": "remove"}, pk="team", member="member"),
    ],
    "selections:list": [get(PAGE)],
    "selections:compare": [
        get(PAGE),
        Case(PAGE_OF_ALICE, data={"selection": ["closed"]}),
        Case(PAGE, data={"selection": ["shared"]}),
        post(DONE_BY_ALICE, {"selection": ["closed", "shared"], "operation": "union"}),
    ],
    "selections:detail": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:visible-frames": [
        get((302, 200, 404, 404), pk="closed"),
        get((302, 200, 200, 204), pk="shared"),
    ],
    "selections:deleted-frames": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:import": [get(PAGE), post(PAGE, {"pasted": ""})],
    "selections:document": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:names": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:frames-csv": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:describe": [
        post(DONE_BY_ALICE, {"name": "x"}, pk="closed"),
        post(DONE_BY_ALICE, {"name": "x"}, pk="shared"),
    ],
    "selections:remove-frames": [
        post(DONE_BY_ALICE, REMOVED_ON_PAGE, pk="closed"),
        post(DONE_BY_ALICE, REMOVED_ON_PAGE, pk="shared"),
    ],
    "selections:go-back": [
        post((302, 404, 404, 404), {"revision": 1, "to": 1}, pk="closed"),
    ],
    "selections:share": [
        post(DONE_BY_ALICE, {"visibility": "shared"}, pk="closed"),
        post(DONE_BY_ALICE, {"visibility": "private"}, pk="shared"),
    ],
    "selections:add-share": [
        post(DONE_BY_ALICE, {"person": "admin", "may": "edit"}, pk="closed"),
        post(DONE_BY_ALICE, {"person": "admin", "may": "edit"}, pk="shared"),
    ],
    "selections:remove-share": [post(DONE_BY_ALICE, pk="given", share="share")],
    "selections:hand-over": [
        post(DONE_BY_ALICE, {"to": "admin"}, pk="closed"),
        post(DONE_BY_ALICE, {"to": "admin"}, pk="shared"),
    ],
    "selections:hand-over-several": [
        get(PAGE),
        post((302, 400, 400, 400), {"to": "reader"}),
    ],
    "selections:copy": [post(DONE_BY_ALICE, pk="closed"), post(DONE, pk="shared")],
    "selections:drift": [get(PAGE_OF_ALICE, pk="closed"), get(PAGE, pk="shared")],
    "selections:draw-preview": [get((302, 400, 404, 404), pk="closed")],
    "selections:draw-again": [post((302, 400, 404, 404), pk="closed")],
    "selections:save-as-recipe": [post((302, 400, 404, 404), {"name": "x"}, pk="closed")],
    "selections:recipes": [get(PAGE)],
    "selections:recipe": [get(PAGE_OF_ALICE, pk="recipe")],
    "selections:next-round": [post(DONE_BY_ALICE, pk="recipe")],
    "selections:describe-recipe": [post(DONE_BY_ALICE, {"name": "x"}, pk="recipe")],
    "selections:copy-recipe": [post(DONE_BY_ALICE, pk="recipe")],
    "selections:share-recipe": [
        post(DONE_BY_ALICE, {"person": "admin", "may": "edit"}, pk="recipe"),
    ],
    "selections:unshare-recipe": [post(DONE_BY_ALICE, pk="recipe", share="recipe_share")],
    "selections:change-recipe-search": [
        post((302, 400, 404, 404), {"saved_search": 999}, pk="recipe"),
    ],
    "selections:schedule-recipe": [
        post(
            DONE_BY_ALICE,
            {"schedule": "weekly", "schedule_weekday": 1, "schedule_hour": 6},
            pk="recipe",
        ),
    ],
    "selections:hand-over-recipe": [post(DONE_BY_ALICE, {"to": "admin"}, pk="recipe")],
    "selections:recipe-notices": [
        post((302, 400, 404, 404), {"webhook_url": "ftp://a"}, pk="recipe"),
        post(DONE_BY_ALICE, pk="recipe"),
    ],
    "selections:delete-recipe": [post(DONE_BY_ALICE, pk="recipe")],
    "selections:delete": [
        post(DONE_BY_ALICE, pk="closed"),
        post(DONE_BY_ALICE, pk="shared"),
    ],
    "selections:restore": [post(DONE_BY_ALICE, pk="deleted")],
    "selections:split": [
        post(PAGE_OF_ALICE, {"split": "subsets"}, pk="closed"),
        post(PAGE, {"split": "subsets"}, pk="shared"),
    ],
    "selections:left-out": [
        post(PAGE_OF_ALICE, {"annotations": "mot"}, pk="closed"),
        post(PAGE, {"annotations": "mot"}, pk="shared"),
    ],
    "selections:build": [
        post(DONE_BY_ALICE, {"quality": "original"}, pk="closed"),
        post((302, 302, 302, 409), {"quality": "original"}, pk="shared"),
    ],
    "selections:archives": [get(PAGE)],
    "selections:archive": [get(PAGE_OF_ALICE, pk="ready"), get(PAGE_OF_BOB, pk="bobs")],
    "selections:progress": [get(PAGE_OF_ALICE, pk="ready"), get(PAGE_OF_BOB, pk="bobs")],
    "selections:cancel": [post(DONE_BY_ALICE, pk="queued")],
    "selections:build-again": [
        post(DONE_BY_ALICE, pk="ready"),
        post((302, 404, 302, 404), pk="bobs"),
    ],
    "selections:archive-delete": [
        post(DONE_BY_ALICE, pk="ready"),
        post((302, 404, 302, 404), pk="bobs"),
    ],
    "selections:download": [
        get(PAGE_OF_ALICE, pk="ready"),
        get(PAGE_OF_BOB, pk="bobs"),
        Case(PAGE_OF_ALICE, {"pk": "ready"}, data={"follow": ""}),
    ],
    "selections:download-part": [
        get(PAGE_OF_ALICE, pk="ready", number=1),
        get(PAGE_OF_BOB, pk="bobs", number=1),
    ],
    "publishing:permission": [
        get(PAGE_OF_ALICE, pk="connection"),
        post((302, 400, 404, 404), {}, pk="connection"),
    ],
    "publishing:publications": [get(PAGE)],
    "publishing:publication": [get(PAGE_OF_ALICE, pk="publication")],
    "publishing:progress": [get(PAGE_OF_ALICE, pk="publication")],
    "publishing:jobs": [get(PAGE_OF_ALICE, pk="publication")],
    "publishing:results": [
        get((302, 409, 404, 404), pk="publication"),
        post((302, 409, 404, 404), {"place": "add"}, pk="publication"),
    ],
    "publishing:cancel": [post(DONE_BY_ALICE, pk="publication")],
    "publishing:ground-truth": [
        get(PAGE_OF_ALICE, pk="closed"),
        get((302, 200, 200, 409), pk="shared"),
        post(DONE_BY_ALICE, {}, pk="closed"),
        post((302, 302, 409, 409), {}, pk="shared"),
    ],
    "publishing:new-task": [
        get(PAGE_OF_ALICE, pk="closed"),
        get((302, 200, 200, 409), pk="shared"),
        post(DONE_BY_ALICE, {"name": "x", "image_quality": 70}, pk="closed"),
        post((302, 302, 409, 409), {"name": "x", "image_quality": 70}, pk="shared"),
    ],
    "publishing:assignees": [get(PAGE_OF_ALICE, pk="connection")],
    "publishing:found-projects": [get(PAGE_OF_ALICE, pk="connection")],
    "publishing:files": [get(PAGE)],
    "publishing:found-uploads": [get(PAGE)],
    "publishing:task-of-files": [
        get(PAGE_OF_ALICE, pk="upload"),
        post((302, 400, 404, 404), {}, pk="upload"),
    ],
    "publishing:delete-upload": [post(DONE_BY_ALICE, pk="upload_to_delete")],
    "publishing:copy": [get(PAGE), post((302, 400, 400, 400), {})],
    "api-copy-annotations": [
        post((401, 400, 400, 400), {}),
        post((401, 404, 404, 404), {**COPY, "source_connection": 99999}),
        post((401, 409, 404, 404), {**COPY, "source_connection": "connection"}),
    ],
    # Nobody has marked a frame as faulty.
    "publishing:issues": [
        get((302, 400, 404, 404), pk="closed"),
        get((302, 400, 400, 400), pk="shared"),
        post((302, 400, 404, 404), {}, pk="closed"),
        post((302, 400, 400, 400), {}, pk="shared"),
    ],
    "publishing:withdraw": [post(DONE_BY_ALICE, pk="connection")],
    "api-publication-list": [get(API)],
    "api-publication-detail": [get(API_OF_ALICE, pk="publication")],
    "api-publication-cancel": [post(API_OF_ALICE, pk="publication")],
    "api-ground-truth-job": [
        get(API_OF_ALICE, selection_id="closed"),
        get(API_ASKS_CVAT, selection_id="shared"),
        post((401, 202, 404, 404), {}, selection_id="closed"),
        post((401, 202, 409, 409), {}, selection_id="shared"),
        post((401, 200, 200, 409), {"dry_run": True}, selection_id="shared"),
    ],
    "api-publication-jobs": [get((401, 409, 404, 404), pk="publication")],
    "api-publication-annotations": [
        Case((401, 409, 404, 404), {"pk": "publication"}, data={"task_id": 1, "frame": 0})
    ],
    "api-publication-results": [get((401, 409, 404, 404), pk="publication")],
    "publishing:remove-task": [
        get((302, 409, 404, 404), pk="publication"),
        post((302, 409, 404, 404), {}, pk="publication"),
    ],
    "publishing:hand-over": [
        get((302, 409, 404, 404), pk="publication"),
        post((302, 409, 404, 404), {}, pk="publication"),
    ],
    "api-hand-over-hand-over": [post((401, 409, 404, 404), {}, pk="publication")],
    "api-removal-remove-task": [post((401, 409, 404, 404), {}, pk="publication")],
    "api-results-write-back": [post((401, 409, 404, 404), {"place": "add"}, pk="publication")],
    "api-publication-frames": [get(API_OF_ALICE, pk="publication")],
    "api-new-task": [
        get(API_OF_ALICE, selection_id="closed"),
        get(API_ASKS_CVAT, selection_id="shared"),
        post((401, 202, 404, 404), {}, selection_id="closed"),
        post((401, 202, 409, 409), {}, selection_id="shared"),
        post((401, 200, 200, 409), {"dry_run": True}, selection_id="shared"),
    ],
    "api-issues": [
        get((401, 400, 404, 404), selection_id="closed"),
        get((401, 400, 400, 400), selection_id="shared"),
        post((401, 400, 404, 404), {}, selection_id="closed"),
        post((401, 400, 400, 400), {}, selection_id="shared"),
    ],
    "api-upload-list": [
        get(API),
        post((401, 201, 201, 201), {"name": "Night", "files": [{"path": "a.jpg", "size": 3}]}),
    ],
    "api-upload-detail": [
        get(API_OF_ALICE, pk="upload"),
        delete((401, 204, 404, 404), pk="upload_to_delete"),
    ],
    "api-upload-contents": [get(API_OF_ALICE, pk="upload")],
    # Nothing says which labels the task gets.
    "api-files-new-task": [
        post((401, 409, 404, 404), {"connection": "connection"}, pk="upload"),
    ],
    # Without an offset; see publishing/test_uploads.py.
    "api-upload-data": [patch((401, 400, 400, 400), {}, pk="upload")],
    "api-write-permission": [
        get(API_OF_ALICE, connection_id="connection"),
        post((401, 400, 404, 404), {}, connection_id="connection"),
        delete((401, 204, 404, 404), connection_id="connection"),
    ],
    "api-test-connection": [post((401, 400, 400, 400), {})],
    "api-load-images": [
        post(API_ASKS_CVAT, {"task_id": 1}),
        post((401, 200, 404, 404), {"task_id": 1, "connection": "connection"}),
    ],
    "api-random-select": [
        post(API_ASKS_CVAT, {"task_id": 1, "count": 1}),
        post((401, 200, 404, 404), {"task_id": 1, "count": 1, "connection": "connection"}),
    ],
    "api-download-images": [
        post((401, 202, 404, 404), {"selection": "closed"}),
        post((401, 202, 202, 409), {"selection": "shared"}),
        post((401, 202, 202, 409), {"frames": FRAMES}),
        post((401, 202, 404, 404), {"frames": FRAMES, "connection": "connection"}),
    ],
    "api-selection-list": [
        get(API),
        post((401, 201, 201, 409), {"frames": FRAMES}),
        post((401, 201, 404, 404), {"frames": FRAMES, "connection": "connection"}),
    ],
    "api-selection-detail": [
        get(API_OF_ALICE, pk="closed"),
        get(API, pk="shared"),
        patch(API_OF_ALICE, {"name": "x"}, pk="closed"),
        patch(API_OF_ALICE, {"visibility": "private"}, pk="shared"),
        delete((401, 204, 404, 404), pk="closed"),
        delete((401, 204, 404, 404), pk="shared"),
    ],
    "api-selection-hand-over": [
        post(API_OF_ALICE, {"to": "admin"}, pk="closed"),
        post(API_OF_ALICE, {"to": "admin"}, pk="shared"),
    ],
    "api-share-list": [
        get(API_OF_ALICE, selection_id="closed"),
        get(API, selection_id="shared"),
        post((401, 201, 404, 404), {"person": "admin"}, selection_id="closed"),
        post((401, 201, 404, 404), {"person": "admin"}, selection_id="shared"),
    ],
    "api-share-detail": [delete((401, 204, 404, 404), selection_id="given", pk="share")],
    "api-mark-list": [
        get(API_OF_ALICE, selection_id="closed"),
        get(API, selection_id="shared"),
        post(API_OF_ALICE, {"frames": FRAMES, "verdict": "good"}, selection_id="closed"),
        post(API_OF_ALICE, {"frames": FRAMES, "verdict": "good"}, selection_id="shared"),
    ],
    "api-selection-combine": [
        post((401, 201, 404, 404), {"selections": ["closed", "shared"], "operation": "union"}),
    ],
    "api-selection-compare": [
        Case(API_OF_ALICE, data={"selections": ["closed", "shared"]}),
        Case((401, 400, 400, 400), data={"selections": ["shared", "shared"]}),
    ],
    "api-selection-compare-frames": [
        Case(API_OF_ALICE, data={"selections": ["closed", "shared"], "operation": "union"}),
    ],
    "api-selection-deleted-frames": [
        get(API_OF_ALICE, pk="closed"),
        get(API_ASKS_CVAT, pk="shared"),
    ],
    "api-selection-import": [
        post((401, 201, 201, 409), {"text": "task_id,frame\n1,0"}),
        post((401, 201, 404, 404), {"text": "task_id,frame\n1,0", "connection": "connection"}),
    ],
    "api-selection-document": [get(API_OF_ALICE, pk="closed"), get(API, pk="shared")],
    "api-selection-names": [get(API_OF_ALICE, pk="closed"), get(API, pk="shared")],
    "api-selection-frames-csv": [get(API_OF_ALICE, pk="closed"), get(API, pk="shared")],
    "api-selection-frames": [
        get(API_OF_ALICE, pk="closed"),
        get(API, pk="shared"),
        patch(API_OF_ALICE, REMOVED, pk="closed"),
        patch(API_OF_ALICE, REMOVED, pk="shared"),
    ],
    "api-selection-revisions": [get(API_OF_ALICE, pk="closed"), get(API_OF_ALICE, pk="shared")],
    "api-selection-go-back": [post((401, 404, 404, 404), {"revision": 1, "to": 1}, pk="closed")],
    "api-selection-archives": [
        get(API_OF_ALICE, pk="closed"),
        get(API, pk="shared"),
        post((401, 202, 404, 404), {}, pk="closed"),
        post((401, 202, 202, 409), {}, pk="shared"),
    ],
    "api-selection-split-table": [
        post(API_OF_ALICE, {"by": "subsets"}, pk="closed"),
        post(API, {"by": "subsets"}, pk="shared"),
    ],
    "api-selection-left-out": [
        post(API_OF_ALICE, {"annotations": "mot"}, pk="closed"),
        post((401, 200, 200, 409), {"annotations": "mot"}, pk="shared"),
    ],
    "api-selection-copy": [
        post((401, 201, 404, 404), pk="closed"),
        post((401, 201, 201, 201), pk="shared"),
    ],
    "api-selection-restore": [post(API_OF_ALICE, pk="deleted")],
    "api-selection-drift": [get(API_OF_ALICE, pk="closed"), get(API_ASKS_CVAT, pk="shared")],
    "api-selection-draw-preview": [get((401, 400, 404, 404), pk="closed")],
    "api-selection-draw-again": [post((401, 400, 404, 404), pk="closed")],
    "api-recipe-list": [
        get(API),
        post((401, 400, 404, 404), {"name": "x", "selection": "closed"}),
        post((401, 201, 201, 409), RECIPE),
        post((401, 201, 404, 404), RECIPE | {"connection": "connection"}),
    ],
    "api-recipe-detail": [
        get(API_OF_ALICE, pk="recipe"),
        patch(API_OF_ALICE, {"name": "x"}, pk="recipe"),
        delete((401, 204, 404, 404), pk="recipe"),
    ],
    "api-recipe-copy": [post((401, 201, 404, 404), pk="recipe")],
    "api-recipe-share-list": [
        get(API_OF_ALICE, recipe_id="recipe"),
        post((401, 201, 404, 404), {"person": "admin"}, recipe_id="recipe"),
    ],
    "api-recipe-share-detail": [
        delete((401, 204, 404, 404), recipe_id="recipe", pk="recipe_share"),
    ],
    "api-recipe-hand-over": [post((401, 204, 404, 404), {"to": "admin"}, pk="recipe")],
    "api-recipe-notices": [
        get(API_OF_ALICE, pk="recipe"),
        put(API_OF_ALICE, {"webhook_url": "https://a.example.com"}, pk="recipe"),
    ],
    "api-recipe-sent-notices": [get(API_OF_ALICE, pk="recipe")],
    "api-recipe-rounds": [
        get(API_OF_ALICE, pk="recipe"),
        post((401, 201, 404, 404), pk="recipe"),
    ],
    "api-saved-search-list": [
        get(API),
        post((401, 201, 201, 409), {"name": "x", "subset": "train"}),
    ],
    "api-saved-search-detail": [
        get(API_OF_ALICE, pk="search"),
        delete((401, 204, 404, 404), pk="search"),
    ],
    "api-archive-list": [get(API)],
    "api-archive-detail": [
        get(API_OF_ALICE, pk="ready"),
        get(API_OF_BOB, pk="bobs"),
        delete((401, 204, 404, 404), pk="ready"),
        delete((401, 404, 204, 404), pk="bobs"),
        delete((401, 409, 404, 404), pk="queued"),
    ],
    "api-archive-cancel": [post(API_OF_ALICE, pk="queued")],
    "api-archive-retry": [
        post((401, 202, 404, 404), pk="ready"),
        post((401, 404, 202, 404), pk="bobs"),
    ],
    "api-archive-download": [
        get(API_OF_ALICE, pk="ready"),
        get(API_OF_BOB, pk="bobs"),
        Case(API_OF_ALICE, {"pk": "ready"}, data={"follow": ""}),
    ],
    "api-work-list": [get(API)],
    "api-work-cancel": [
        post(API_OF_ALICE, kind="archive", pk="queued"),
        post((401, 404, 404, 404), kind="other", pk="queued"),
    ],
    "api-connection-list": [get(API), post((401, 400, 400, 400), {})],
    "api-connection-detail": [
        get(API_OF_ALICE, pk="connection"),
        delete((401, 204, 404, 404), pk="connection"),
    ],
    "api-token-list": [get(API), post((401, 201, 201, 201), {"name": "script"})],
    "api-token-detail": [delete((401, 204, 404, 404), pk="token")],
    "api-team-list": [get(API), post((401, 201, 201, 201), {"name": "new"})],
    "api-team-detail": [
        get(API_OF_ALICE, pk="team"),
        patch(API_OF_ALICE, {"name": "x"}, pk="team"),
        delete((401, 204, 404, 404), pk="team"),
    ],
    "api-team-member-list": [
        get(API_OF_ALICE, team_id="team"),
        post((401, 201, 404, 404), {"person": "bob"}, team_id="team"),
    ],
    "api-team-member-detail": [
        patch(API_OF_ALICE, {"manages": True}, team_id="team", pk="member"),
        delete((401, 204, 404, 404), team_id="team", pk="member"),
    ],
    "api-project-list": [get(API_ASKS_CVAT)],
    "api-task-list": [get(API_ASKS_CVAT)],
    "api-task-detail": [get(API_ASKS_CVAT, pk=1)],
    "api-jobs": [get(API_ASKS_CVAT, task_id=1)],
    "api-me": [get(API)],
    "api-catalog": [get((401, 400, 400, 409))],
    "api-search": [get(API_ASKS_CVAT)],
    "api-thumbnails": [get(API_ASKS_CVAT, job_id=1, chunk=0)],
    "api-task-annotations": [Case(API_ASKS_CVAT, {"task_id": 1}, data={"frame": 0})],
    "api-outlines": [Case(API_ASKS_CVAT, {"task_id": 1}, data={"frames": "0-9"})],
    "api-frame-annotations": [Case(API_ASKS_CVAT, {"job_id": 1}, data={"frame": 0})],
    "api-labels": [
        Case(API_ASKS_CVAT, data={"task_ids": 1}),
        Case((401, 200, 404, 404), data={"task_ids": 1, "connection": "connection"}),
    ],
    "api-frames-by-annotation": [
        Case(API_ASKS_CVAT, data={"task_ids": 1}),
        Case((401, 200, 404, 404), data={"task_ids": 1, "connection": "connection"}),
    ],
    "api-task-labels": [get(API_ASKS_CVAT, task_id=1)],
    "api-job-labels": [get(API_ASKS_CVAT, job_id=1)],
    "api-task-frames-by-annotation": [get(API_ASKS_CVAT, task_id=1)],
    "api-job-frames-by-annotation": [
        get(API_ASKS_CVAT, job_id=1),
        Case((401, 200, 404, 404), {"job_id": 1}, data={"connection": "connection"}),
    ],
    "api-frame-thumbnail": [get(API_ASKS_CVAT, task_id=1, frame=0)],
    "api-frame-image": [get(API_ASKS_CVAT, task_id=1, frame=0)],
    "api-task-preview": [get(API_ASKS_CVAT, task_id=1)],
    "api-project-preview": [get(API_ASKS_CVAT, project_id=2)],
    "api-schema": [Case(API, data={"format": "json"})],  # quicker made than YAML
    "api-docs": [get(PAGE)],
    "api-root": [get((404, 404, 404, 404))],
    "api-nothing": [get((404, 404, 404, 404), rest="x")],
}

# Of a selection that alice shares with a reader and, through a team, with an editor: what they may
# do where alice may do everything.
SHARED: dict[str, tuple[int, int]] = {
    "get selections:detail": (200, 200),
    "get selections:visible-frames": (200, 200),
    "get selections:deleted-frames": (200, 200),
    "get selections:document": (200, 200),
    "get selections:names": (200, 200),
    "get selections:frames-csv": (200, 200),
    "post selections:describe": (404, 302),
    "post selections:remove-frames": (404, 302),
    "post selections:go-back": (404, 404),
    "post selections:share": (404, 404),
    "post selections:add-share": (404, 404),
    "post selections:hand-over": (404, 404),
    "post selections:copy": (302, 302),
    "get selections:drift": (200, 200),
    "get selections:draw-preview": (400, 400),
    "post selections:draw-again": (400, 400),
    "post selections:save-as-recipe": (404, 404),
    "post selections:delete": (404, 404),
    "post selections:split": (200, 200),
    "post selections:left-out": (200, 200),
    "post selections:build": (302, 302),
    "get publishing:new-task": (200, 200),
    "post publishing:new-task": (409, 409),
    "get api-new-task": (200, 200),
    "post api-new-task": (409, 409),
    "get publishing:issues": (400, 400),
    "post publishing:issues": (400, 400),
    "get api-issues": (400, 400),
    "post api-issues": (400, 400),
    "get publishing:ground-truth": (200, 200),
    "post publishing:ground-truth": (409, 409),
    "get api-ground-truth-job": (200, 200),
    "post api-ground-truth-job": (409, 409),
    "post api-download-images": (202, 202),
    "get api-selection-detail": (200, 200),
    "patch api-selection-detail": (404, 200),
    "delete api-selection-detail": (404, 404),
    "post api-selection-hand-over": (404, 404),
    "get api-share-list": (200, 200),
    "post api-share-list": (404, 404),
    "get api-mark-list": (200, 200),
    "post api-mark-list": (404, 200),
    "post api-recipe-list": (404, 404),
    "get api-selection-deleted-frames": (200, 200),
    "get api-selection-document": (200, 200),
    "get api-selection-names": (200, 200),
    "get api-selection-frames-csv": (200, 200),
    "get api-selection-frames": (200, 200),
    "patch api-selection-frames": (404, 200),
    "get api-selection-revisions": (404, 200),
    "post api-selection-go-back": (404, 404),
    "get api-selection-archives": (200, 200),
    "post api-selection-archives": (202, 202),
    "post api-selection-split-table": (200, 200),
    "post api-selection-left-out": (200, 200),
    "post api-selection-copy": (201, 201),
    "get api-selection-drift": (200, 200),
    "get api-selection-draw-preview": (400, 400),
    "post api-selection-draw-again": (400, 400),
}

# What a reader and an editor of a recipe of alice's get.
SHARED_RECIPE: dict[str, tuple[int, int]] = {
    "get selections:recipe": (200, 200),
    "post selections:next-round": (404, 302),
    "post selections:describe-recipe": (404, 302),
    "post selections:copy-recipe": (302, 302),
    "post selections:share-recipe": (404, 404),
    "post selections:unshare-recipe": (302, 404),
    "post selections:change-recipe-search": (404, 404),
    "post selections:schedule-recipe": (404, 404),
    "post selections:hand-over-recipe": (404, 404),
    "post selections:recipe-notices": (404, 404),
    "post selections:delete-recipe": (404, 404),
    "get api-recipe-detail": (200, 200),
    "patch api-recipe-detail": (404, 200),
    "delete api-recipe-detail": (404, 404),
    "post api-recipe-copy": (201, 201),
    "get api-recipe-share-list": (200, 200),
    "post api-recipe-share-list": (404, 404),
    "delete api-recipe-share-detail": (204, 404),
    "post api-recipe-hand-over": (404, 404),
    "get api-recipe-notices": (404, 404),
    "put api-recipe-notices": (404, 404),
    "get api-recipe-sent-notices": (404, 404),
    "get api-recipe-rounds": (200, 200),
    "post api-recipe-rounds": (404, 201),
}

# The admin site: nobody but the administrator; what that one finds there.
ROWS = {"changelist": 200, "add": 200, "change": 200, "history": 200, "delete": 200}
LOOK_ONLY = ROWS | {"add": 403}
# No such row is there: back to the index with a message.
EMPTY = {"changelist": 200, "add": 403, "change": 302, "history": 302, "delete": 302}
MODELS: dict[str, tuple[str, dict[str, int]]] = {
    "auth_group": ("group", ROWS),
    "auth_user": ("alice", ROWS),
    "selector_connection": ("connection", LOOK_ONLY),
    "selector_savedsearch": ("search", LOOK_ONLY),
    "portal_apitoken": ("token", LOOK_ONLY),
    "portal_team": ("team", ROWS),
    "selections_selection": ("closed", LOOK_ONLY),
    "selections_selectedframe": ("frame", LOOK_ONLY | {"delete": 403}),
    "selections_archive": ("ready", LOOK_ONLY),
    "selections_recipe": ("recipe", LOOK_ONLY),
    "publishing_publication": ("publication", LOOK_ONLY),
    "publishing_upload": ("upload", LOOK_ONLY),
    "publishing_writepermission": ("permission", LOOK_ONLY),
    "axes_accessattempt": ("none", EMPTY),
}
ADMIN: dict[str, tuple[int, dict[str, Any]]] = {
    "admin:index": (200, {}),
    "admin:login": (302, {}),
    "admin:logout": (405, {}),
    "admin:password_change": (200, {}),
    "admin:password_change_done": (200, {}),
    "admin:autocomplete": (403, {}),
    "admin:jsi18n": (200, {}),
    "admin:view_on_site": (404, {"content_type_id": 1, "object_id": 999}),
    "admin:app_list": (200, {"app_label": "selections"}),
    "admin:auth_user_password_change": (200, {"id": "alice"}),
    **{
        f"admin:{model}_{page}": (
            status,
            {"object_id": thing} if page not in {"changelist", "add"} else {},
        )
        for model, (thing, pages) in MODELS.items()
        for page, status in pages.items()
    },
}
# Without a name: the former address of a row, and everything else below /admin/.
UNNAMED = {"admin/(?P<url>.*)$"} | {
    f"admin/{model.replace('_', '/')}/<path:object_id>/" for model in MODELS
}
