"""Plain English for the OpenAPI schema: what each field and parameter means.

A description given where a field is declared wins; this fills in the rest, by name. So a word is
explained once, and means the same wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from selections.api.examples import EXAMPLES
from selections.methods import METHODS

INTRODUCTION = """
Choose frames in CVAT, save the choice, and get the original files as a ZIP.

**Sign in.** Send an API token with each request: `Authorization: Bearer cis_...`. Make one under
*API tokens* in the portal (tokens are managed by signed-in people, never by a token), or with
`python manage.py api_token NAME`. On this page your session in the portal is enough. `GET /api/me`
tells who you are.

**Connect.** The portal asks CVAT as you, through a *connection*: an account on a CVAT server. Make
one with `POST /api/test-connection` or `POST /api/connections`. Where a request names no
`connection`, the one connected last is used; with several, name the one you mean. Answers that list
frames name the `connection` they came through.

**Frames.** `frame` is always CVAT's task frame number, which counts from 0 within the task.

**Input is strict.** An unknown field, an unknown query parameter, a parameter given twice, a
read-only field and fields that contradict each other are 400, with the name.

**Errors** are JSON, in one of two shapes. The four addresses `/api/test-connection`,
`/api/load-images`, `/api/random-select` and `/api/download-images` answer
`{"success": false, "message": ..., "code": ...}`; all others
`{"detail": ..., "code": ...}`, and for wrong input `fields` says what is wrong with which field.
`message` and `detail` are sentences for people, `code` is a stable word for programs.

| status | when |
|---|---|
| 400 | the input is wrong |
| 401 | you are not signed in; or, with a code that begins with `cvat_`, CVAT refuses the account |
| 403 | not allowed to this token, by CVAT, or by the list of servers |
| 404 | there is no such thing, or you may not see it |
| 409 | not possible as things are; codes below |
| 412, 416 | of downloads: another file than `If-Match` names; shorter than the `Range` begins |
| 413, 415, 422 | the body is too large; of another type; an `Idempotency-Key` was used otherwise |
| 429, 503 | too many requests, or the portal is busy: `Retry-After` says when to come back |
| 500 | a fault of the portal |
| 502, 504 | CVAT cannot be reached or is broken; CVAT is too slow |

Of the codes of 409, `not_connected` means that you have no connection to the server,
`not_finished` that the archive is still being built, and `limit_reached` that you have as many of
something as you may: delete some, or wait until some end. With `conflict`, only the sentence says
why.

**Lists** come a page at a time: `{"count", "next", "previous", "results"}`. `page` counts from 1,
`page_size` is 50 unless given, at most 1000.

**Archives** are built in the background. Poll `status_url` until the `status` is none of the first
two:

| status | on the pages | |
|---|---|---|
| `queued` | waiting | for a worker |
| `running` | building | |
| `ready` | ready | every frame is in the ZIP |
| `incomplete` | incomplete | the ZIP lacks frames; `problem_groups` says which and why |
| `failed` | failed | there is no ZIP; `error` says why |
| `cancelled` | cancelled | |
| `expired` | expired | the file was removed after its time; build it again |

**Publications** make something of a selection in CVAT, in the background too. Allow the portal to
write first (`/api/connections/{id}/write-permission`); `dry_run` shows what would be sent. Poll
`/api/publications/{id}`: `ready` means that it is in CVAT, and none is `incomplete` or `expired`.
`/api/publications/{id}/results` compares what people annotated there with what the frames have,
`write-back` writes it into their tasks.

**Files** become a new task without a selection: name them in `POST /api/uploads`, send their bytes
in pieces to `/api/uploads/{id}/data`, look at `/api/uploads/{id}/contents`, then ask for the task
with `/api/uploads/{id}/new-task`.

`GET /api/works` lists background work of all kinds in one shape.

**Repeating safely.** What creates something takes an `Idempotency-Key`.
"""

WORDS = {
    "access_token": "An access token made in CVAT (Profile, Security). Give it or a password.",
    "annotations": "The format of the annotations in the ZIP; none for pictures alone.",
    "archive": "The archive that is being built; poll its `status_url`.",
    "assignee": "User name in CVAT of the person it is assigned to; empty for none.",
    "bytes_done": "Bytes of pictures fetched so far.",
    "bytes_per_second": "The recent pace of the build; 0 while it is not known.",
    "chunk": "Number of the chunk within the job, from 0.",
    "chunk_size": "Frames in each of the job's chunks.",
    "comment": "Free text about the frame; empty for none.",
    "connection": "Id of a connection of yours. Without it: the one connected last.",
    "connection_id": "Id of a connection of yours.",
    "connections_count": "How many connections you have.",
    "count": "How many there are in all.",
    "count_before": "How many frames the earlier selection has.",
    "counted_for_other_jobs": "Drawn frames that the job holds and that count for another job.",
    "created_after": "Only what was created at this time or later (ISO 8601).",
    "created_at": "When it was created.",
    "created_before": "Only what was created before this time (ISO 8601).",
    "cvat_url": "Address of its page in CVAT.",
    "days": "The token ends after this many days; without it, never.",
    "default_connection": "Id of the connection used where none is named; null without any.",
    "deleted": "Frames deleted in CVAT.",
    "deleted_count": "Frames left out because they were deleted in CVAT.",
    "deleted_frames": "What becomes of frames that were deleted in CVAT since they were saved.",
    "differs": "How many files differ from the upload, by the way in which they do.",
    "dimension": "`2d` or `3d`; only 2d tasks can be used.",
    "draw": "The draw that the frames began with; null for a choice by hand.",
    "download_url": "Address of the ZIP; null while there is none.",
    "error": "Why it failed, as a sentence; empty otherwise.",
    "exact": "How many files are the uploads, byte for byte.",
    "exclude_selections": "Ids of selections whose frames are left out of the draw.",
    "expires_at": "When it ends; null for never, or while that is not settled.",
    "filename": "Name in CVAT with its folders; empty for frames of a video.",
    "finished_at": "When it ended; null before.",
    "first_frame": "Lowest number of the frames that take part.",
    "frame": "CVAT's task frame number, from 0.",
    "frame_count": "Number of frames.",
    "frames": "The frames.",
    "frames_count": "How many frames.",
    "frames_done": "How many frames are in the ZIP so far.",
    "frames_per_second": "The recent pace of the build; 0 while it is not known.",
    "frames_total": "How many frames it is to hold.",
    "given_at": "When it was given.",
    "height": "In pixels; 0 or null where it is not known.",
    "hint": "Why the text or address finds nothing; empty otherwise.",
    "honeypot_count": "Frames left out because they repeat frames of a ground-truth job.",
    "honeypot_frames": "Numbers of the frames that repeat frames of a ground-truth job.",
    "honeypots": "Frames left out because they repeat frames of a ground-truth job.",
    "id": "Id of the thing.",
    "images": "The frames, by number.",
    "is_staff": "Whether the person may enter the admin site.",
    "job": "The job of each frame, run-length encoded.",
    "job_id": "Id of a job in CVAT.",
    "job_ids": "Only from these jobs.",
    "job_summary": "For each job, how many frames were drawn.",
    "jobs": "The jobs.",
    "jobs_count": "How many jobs.",
    "joined_at": "Since when the person is a member.",
    "kind": "What it is: task, job or project.",
    "last_frame": "Highest number of the frames that take part.",
    "last_used_at": "When it was used last; null for never.",
    "left_out": "Deleted frames that are not in the ZIP, as asked for.",
    "long_paths": "How many paths in the ZIP are too long for Windows.",
    "longest_path": "Characters of the longest path in the ZIP.",
    "managed": "Whether you manage it.",
    "manages": "Whether the member may rename and delete the team, and add and remove members.",
    "marked_at": "When the mark was changed last.",
    "marked_by": "User name of the person who changed the mark last; null without an account.",
    "marks": "The marks.",
    "may_differ": "How many files may differ from the upload, by the way in which they may.",
    "may_edit": "Whether its name, note and marks may be changed, not only read.",
    "message": "What was done, as a sentence.",
    "mine": "true: only your own; false: only those of others.",
    "mode": "`annotation` for images, `interpolation` for a video.",
    "most_entries": "Files in the ZIP that holds the most.",
    "name": "Its name.",
    "needs_reconnect": "Whether CVAT no longer accepts the access: connect again.",
    "new": "Frames in the new selection alone.",
    "new_frame": "Task frame in the new task.",
    "new_seed": "Draw with another seed instead of the same one.",
    "next": "Address of the next page; null on the last one.",
    "note": "Free text about it.",
    "notice": "What the owner should know about the stored access; mostly empty.",
    "number": "Its number, from 1.",
    "opened_at": "When it was opened last.",
    "options": "The options of the build.",
    "ordering": "Field to order by; with a minus in front, the other way round.",
    "organization": "Short name of a CVAT organization; empty for the personal workspace.",
    "other_jobs": "Ground-truth jobs and replicas of the task, whose frames are not listed again.",
    "owner": "User name of its owner.",
    "page": "Number of the page, from 1.",
    "page_size": "Results on a page, 1 to 1000.",
    "parameters": "What the draw was asked for, in CVAT's words; empty for a choice by hand. "
    "`adjusted_from` holds the draw that a choice by hand began with.",
    "part": "Number of the ZIP, where there are several.",
    "part_files": "Most files in one ZIP; 0 for no limit. More make several ZIPs.",
    "part_size": "Most bytes of one ZIP, at least 10 MiB; 0 for no limit. More make several ZIPs.",
    "parts": "The ZIP files: one, unless it was to be split.",
    "password": "Password in CVAT. It is used once and not stored.",
    "per_job_count": "The count asked for of each job; null for other draws.",
    "person": "User name of the person.",
    "prefix": "The start of the token, to tell tokens apart; or of all names.",
    "preview_url": "Address of a small picture of it.",
    "previous": "Address of the previous page; null on the first one.",
    "problem_groups": "Which frames are not in the ZIP, by reason.",
    "problems": "The first 200 frames that are not in the ZIP, each with its reason.",
    "problems_count": "How many frames are not in the ZIP.",
    "project_id": "Id of a project in CVAT.",
    "q": 'A number, "job 34", an address copied from CVAT, or words.',
    "quality": "`original`: as uploaded. `compressed`: JPEGs made by CVAT.",
    "random_seed": "Seed of the draw: the same seed draws the same frames. Without one in a "
    "request, one is made up.",
    "read_only": "Whether the token may only read.",
    "recipe_id": "Id of a recipe.",
    "reason": "Why, as a sentence or a stable word.",
    "recent": "Tasks opened last, newest first.",
    "recompresses": "Whether CVAT serves JPEGs of its own making through this job.",
    "remarks": "What to know about the files of a finished archive; null before.",
    "requested": "How many frames were asked for.",
    "rest": "The part of each name that differs.",
    "result_job_id": "Id of the job made in CVAT; null while there is none.",
    "result_task_id": "Id of the task made in CVAT; null while there is none.",
    "results": "The results on this page.",
    "same": "Frames in both selections.",
    "search": "Only those that contain these words.",
    "seconds_left": "At the recent pace; null while that is not known.",
    "selected": "How many frames of it were drawn.",
    "selection": "Id of a selection; null once it is deleted.",
    "selection_id": "Id of a selection.",
    "selection_name": "Name of the selection when this was asked for.",
    "sent_at": "When it was sent.",
    "server_version": "Version of the CVAT server.",
    "sha256": "SHA-256 of the file, in hexadecimal.",
    "size": "Of a file: bytes. Of a task or job: frames.",
    "source": "`task`, `job`, `tasks` or `project`: where the frames come from.",
    "source_frame": "Number of the frame in the uploaded video or list of files; null if unknown.",
    "stage": "Stage of the job in CVAT: annotation, validation or acceptance.",
    "start": "First frame of the job.",
    "start_frame": "First frame.",
    "started_at": "When work on it began; null before.",
    "state": "State of the job in CVAT: new, in progress, completed or rejected.",
    "status": "Where it stands; see the tables at the top.",
    "status_url": "Address to poll while the archive is built.",
    "step": "Every how many frames of the source one was taken.",
    "stop": "Last frame of the job.",
    "stop_frame": "Last frame.",
    "success": "true.",
    "suffix": "The end that all names have in common.",
    "tags": "Words about the frame.",
    "target": "What is made in CVAT: `ground_truth`, a ground-truth job; `task`, a new task; "
    "`issues`, issues of faulty frames; `copy`, copied annotations.",
    "task": "The task.",
    "task_folders": "Whether each task has a folder of its own in the ZIP.",
    "task_id": "Id of a task in CVAT.",
    "task_ids": "Ids of the tasks in CVAT.",
    "subset": "Subset of the task, such as train; empty for none.",
    "task_name": "Name of the task.",
    "task_summary": "For each task, how many frames were drawn.",
    "tasks": "The tasks that the frames come from, by the names they had.",
    "tasks_count": "How many tasks.",
    "team": "A team.",
    "team_id": "Id of a team.",
    "through_jobs": "Whether only jobs of the task are open to you.",
    "token_read_only": "Whether the API token sent may only read; null without one.",
    "total": "How many frames could have been drawn of it.",
    "total_available": "How many frames could have been drawn.",
    "type": "Type of the job in CVAT: annotation, ground_truth or consensus_replica.",
    "updated_at": "When it was changed last.",
    "updated_date": "When it was changed last in CVAT; may be empty.",
    "url": "Address of the CVAT server, or of the page in the portal.",
    "user": "The account in CVAT.",
    "username": "User name in CVAT, or in the portal for `/api/me`.",
    "v": "Not read: another value is another address, which no browser has cached.",
    "value": "The token itself. It is told once, here.",
    "verified_at": "When CVAT accepted the access last; null when it has to be renewed.",
    "verdict": "`good` or `faulty`; empty for none.",
    "version": "Changes when CVAT shows other pictures under the same numbers.",
    "video": "File name of the video; empty for images.",
    "video_format": "Format of frames cut out of a video.",
    "video_quality": "Quality of JPEGs cut out of a video, 1 to 100; only with `jpeg`.",
    "visibility": "`private`: for its owner, and those whom `shares` names. `shared`: everybody "
    "who signs in may read it.",
    "width": "In pixels; 0 or null where it is not known.",
    "Prefer": "`wait=N`: wait up to N seconds (at most 60) and answer the ZIP if it is ready.",
    "If-Match": "An `ETag` that an earlier answer had: 412 if the file is another one now.",
    "If-Range": "An `ETag` that an earlier answer had: `Range` counts only if the file is still "
    "the same, else all of it is sent.",
    "Range": "`bytes=FROM-`: goes on with a broken download.",
}

OPERATIONS = {
    ("get", "/api/archives"): "Your archives, newest first. A list lacks `problems`.",
    ("get", "/api/archives/{id}"): "One archive of yours, and how far it is.",
    ("get", "/api/connections"): "Your connections to CVAT servers.",
    ("get", "/api/connections/{id}"): "One connection of yours.",
    ("delete", "/api/connections/{id}"): "End a connection; selections stay. The access token that "
    "the portal made in CVAT is revoked.",
    ("get", "/api/publications"): "Your selections sent to CVAT, newest first.",
    ("get", "/api/publications/{id}"): "One selection that you sent to CVAT, and its steps.",
    ("get", "/api/recipes"): "Your recipes: draws that are repeated in rounds.",
    ("get", "/api/recipes/{id}"): "One recipe of yours.",
    ("delete", "/api/recipes/{id}"): "Delete a recipe of yours. Its rounds stay, as selections.",
    ("get", "/api/saved-searches"): "Your saved searches for tasks, newest first.",
    ("get", "/api/saved-searches/{id}"): "One saved search of yours.",
    ("delete", "/api/saved-searches/{id}"): "Delete a saved search of yours. Selections that were "
    "drawn by it keep the tasks that it found.",
    ("get", "/api/selections"): "Your selections and the shared ones, newest first.",
    ("get", "/api/selections/{id}"): "One selection, your own or shared.",
    ("delete", "/api/selections/{id}"): "Delete a selection of yours and your archives of it. It "
    "can be taken back within ten minutes (`restore`). Finished archives of other people stay.",
    ("get", "/api/teams"): "The teams that you are a member of.",
    ("get", "/api/teams/{id}"): "One team of yours.",
    ("delete", "/api/teams/{id}"): "Delete a team that you manage, and with it the access that its "
    "members had through it.",
    ("get", "/api/tokens"): "Your API tokens, without their values. Not by token.",
    ("delete", "/api/tokens/{id}"): "Revoke an API token of yours. Not by token.",
    ("get", "/api/uploads"): "Your uploads of files, newest first, whole or not.",
    ("get", "/api/uploads/{id}"): "One upload of yours, and how many bytes of it are here.",
    ("delete", "/api/uploads/{id}"): "Delete an upload of yours, with its files.",
}


def explain(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular hook: descriptions, examples, and ids as integers."""
    result["info"]["description"] = INTRODUCTION.strip()
    words = WORDS | {"frame_selection_method": _methods()}
    for schema in result["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            schema["properties"][name] = _described(field, words.get(name, ""))
            _without_bounds(schema["properties"][name])
    for (method, path), description in OPERATIONS.items():
        result["paths"][path][method]["description"] = description
    for parameter in _parameters(result):
        if not parameter.get("description") and parameter["name"] in words:
            parameter["description"] = words[parameter["name"]]
        if parameter["in"] == "path" and parameter["name"] != "kind":
            parameter["schema"] = {"type": "integer", "format": "int64", "minimum": 0}
            parameter["example"] = 1 if parameter["name"] != "chunk" else 0
    for name, example in (EXAMPLES | _accounts()).items():
        result["components"]["schemas"][name]["example"] = example
    return result


def _methods() -> str:
    drawn = [f"`{method.key}`: {method.description}." for method in METHODS.values()]
    return " ".join(["`manual`: chosen by hand.", *drawn])


def _described(field: dict[str, Any], description: str) -> dict[str, Any]:
    if field.get("description") or not description:
        return field
    if "$ref" in field:  # beside a reference nothing else is read
        field = {"allOf": [field]}
    return {**field, "description": description}


def _without_bounds(field: dict[str, Any]) -> None:
    """Drop the bounds of 64 bits, which JavaScript cannot write exactly."""
    for bound in ("minimum", "maximum"):
        if abs(field.get(bound, 0)) > 2**53:
            del field[bound]


def _parameters(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in result["paths"].values():
        for operation in operations.values():
            yield from operation.get("parameters", [])


def _accounts() -> dict[str, Any]:
    account = {"url": settings.CVAT_URL, "username": "your-user-name", "password": "your-password"}
    if settings.STANDIN_URL:
        account = {"url": settings.STANDIN_URL, **settings.STANDIN_ACCOUNT}
    return {
        "TestConnectionRequest": account,
        "NewConnectionRequest": {**account, "name": "My CVAT"},
        "NewWritePermissionRequest": {"password": account["password"]},
    }
