"""Every form of error body (cvat-api 10.1) becomes a text that a user can act on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cvat.client import CvatClient
from cvat.exceptions import (
    CvatBroken,
    CvatChunkUnserved,
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
    CvatStorageUnreadable,
    CvatTimeout,
    CvatUnauthorized,
)
from cvat.types import Credential, CredentialKind
from tests.cvat.replaying import (
    CVAT_JSON,
    FAST,
    Answer,
    Replay,
    html_answer,
    json_answer,
    recorded,
)


def error_of(cvat: Replay, answer: Answer) -> CvatError:
    """What comes of it when it is the answer for task 12."""
    cvat.route("/api/tasks/12", answer)
    token = Credential(CredentialKind.LOGIN_TOKEN, "key")
    with pytest.raises(CvatError) as caught:
        CvatClient(url=cvat.url, credential=token, retries=FAST).task(12)
    text = str(caught.value)
    assert len(text) <= 300
    assert "<" not in text
    assert "Traceback" not in text
    return caught.value


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("users-self-bad-token-401", CvatUnauthorized, "connect again"),
        ("users-self-no-credentials-401", CvatUnauthorized, "connect again"),
        ("inactive-user-token-401", CvatUnauthorized, "connect again"),
        ("token-after-logout-401", CvatUnauthorized, "connect again"),
        ("access-token-revoked-401", CvatUnauthorized, "connect again"),
        ("task-not-permitted-403", CvatForbidden, "may not see task 12"),
        ("task-not-found-404", CvatNotFound, "Task 12 does not exist on {place} (or was deleted)"),
        ("tasks-list-unknown-org-404", CvatNotFound, "no organization nope on {place}"),
        ("unknown-path-404", CvatBroken, "does not look like CVAT"),
        ("users-self-trailing-slash-404", CvatBroken, "does not look like CVAT"),
        ("policy-engine-down-500", CvatBroken, "failed on task 12 (status 500)"),
        ("accept-application-json-406", CvatRejected, "refuses the request for task 12"),
        ("tasks-filter-bad-json-400", CvatRejected, "refuses the request for task 12: filter"),
        ("chunk-out-of-range-job-400", CvatRejected, "Invalid chunk number '99'"),
        ("frame-out-of-range-400", CvatRejected, "Invalid frame '40'"),
        ("access-token-create-no-name-400", CvatRejected, "This field is required."),
        ("throttled-anonymous-429", CvatTimeout, "try again in 59 seconds"),
        ("chunk-not-ready-429", CvatTimeout, "try again in 10 seconds"),
    ],
)
def test_recorded_forms(cvat: Replay, name: str, kind: type[CvatError], text: str) -> None:
    error = error_of(cvat, recorded(name))
    assert type(error) is kind
    assert text.format(place=cvat.place) in str(error)
    assert error.status == recorded(name).status


def body(text: str, kind: str = CVAT_JSON, status: int = 400) -> Answer:
    return Answer(status, text.encode(), {"content-type": kind})


TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/cvat/x.py", line 3\nValueError: no'


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (json_answer({"detail": "One."}, 400), ": One."),
        (json_answer(["One.", "Two."], 400), ": One. Two."),
        (json_answer("One.", 400), ": One."),
        (json_answer({"name": ["One."], "size": ["Two."]}, 400), ": One. Two."),
        (json_answer({"frames": {"0": ["One."]}}, 400), ": One."),
        (json_answer({"detail": {"a": [[["One."]]]}}, 400), ": One."),
        (json_answer({"detail": None}, 400), " (status 400)."),
        (json_answer({"a": [1, None, True]}, 400), " (status 400)."),
        (json_answer(None, 400), " (status 400)."),
        (json_answer({"detail": "a\n\x00\tb\x1b[31m"}, 400), ": a b [31m"),
        (json_answer({"detail": TRACEBACK}, 400), " (status 400)."),
        (json_answer({"detail": "<html>no</html>"}, 400), " (status 400)."),
        (json_answer("Cannot read /home/django/data/1/raw/a.jpg!", 409), ": Cannot read (path)!"),
        (json_answer("Cannot read C:\\data\\a.jpg", 409), ": Cannot read (path)"),
        (json_answer("Use api/jobs/{id}/data/meta", 400), ": Use api/jobs/{id}/data/meta"),
        (body("Cloud storage is detached", "text/html", 409), ": Cloud storage is detached"),
        (body(TRACEBACK, "text/html"), " (status 400)."),
        (body("<html><p>long</p></html>", "text/html"), " (status 400)."),
        (body("", ""), " (status 400)."),
        (body("{broken"), " (status 400)."),
        (body("[" * 50_000), " (status 400)."),
        (Answer(400, b"\xff\xfe\x00", {"content-type": "text/plain"}), ": "),
    ],
)
def test_message_of_a_body(cvat: Replay, answer: Answer, shown: str) -> None:
    text = str(error_of(cvat, answer))
    assert text.startswith(f"{cvat.place} refuses the request for task 12{shown}")


def test_a_long_message_is_cut(cvat: Replay) -> None:
    text = str(error_of(cvat, json_answer({"detail": "word " * 10_000}, 400)))
    assert text.endswith("…")


def test_a_huge_error_page_is_not_read_whole(cvat: Replay) -> None:
    """It ends in the midst of it, which nobody notices who does not read on."""
    page = html_answer(400, "x" * 20_000_000)
    announced = {**page.headers, "content-length": "20000000"}
    error = error_of(cvat, replace(page, headers=announced, cut_after=10_000_000))
    assert type(error) is CvatRejected


def test_paths_with_a_bracket_are_hidden_too(cvat: Replay) -> None:
    text = str(error_of(cvat, json_answer("No such file: '/mnt/share/cam 1/a.jpg'", 400)))
    assert "/mnt" not in text


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("kind", ["text/html", "image/png", ""])
def test_success_that_is_no_json(cvat: Replay, status: int, kind: str) -> None:
    page = b"" if status == 204 else b"<html>Sign in</html>"
    error = error_of(cvat, Answer(status, page, {"content-type": kind}))
    assert type(error) is CvatBroken
    assert "does not look like CVAT" in str(error)


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.cvat+json; version=2.0"])
def test_any_json_type_will_do(cvat: Replay, kind: str) -> None:
    answer = Answer(200, json.dumps({"id": 12}).encode(), {"content-type": kind})
    cvat.route("/api/tasks/12", answer)
    assert CvatClient(url=cvat.url, credential=None).task(12).id == 12


@pytest.mark.parametrize(
    "answer",
    [
        html_answer(200, "<html>Sign in</html>"),
        json_answer({"detail": "ok"}),
        json_answer({"rq_id": "x"}, 202),
    ],
)
def test_a_picture_that_is_none(cvat: Replay, answer: Answer) -> None:
    cvat.route("/api/tasks/12/data", answer)
    with pytest.raises(CvatBroken, match="does not look like CVAT"):
        CvatClient(url=cvat.url, credential=None, retries=FAST).frame(task_id=12, frame=0)


GONE = "The file 'a/b.jpg' not found on the cloud storage 'pictures'"
CLOSED = "Access to the file 'a/b.jpg' on the 'pictures' cloud storage is denied"
NO_STORAGE = "The resource pictures not found. It may have been deleted."
CLOSED_STORAGE = "The resource pictures is no longer available. Access forbidden."
DETACHED = "Task is no longer connected to cloud storage"
TOO_LARGE = "Chunk data size 900000000 exceeds the maximum allowed size 524288000."
TOO_MANY_PIXELS = (
    "The video codec being used does not support such high video resolution, "
    "refer https://github.com/cvat-ai/cvat/issues/7425"
)
NOT_PERMITTED = "You do not have permission to perform this action."


@pytest.mark.parametrize(
    ("status", "said", "kind", "text"),
    [
        (404, GONE, CvatChunkUnserved, "one of their files: The file 'a/b.jpg' not found"),
        (403, CLOSED, CvatChunkUnserved, "neither this picture nor its neighbours"),
        (404, NO_STORAGE, CvatStorageUnreadable, "cannot read the cloud storage that holds"),
        (403, CLOSED_STORAGE, CvatStorageUnreadable, "cannot read the cloud storage"),
        (409, DETACHED, CvatStorageUnreadable, "deleted or detached"),
        (500, TOO_LARGE, CvatChunkUnserved, "larger than CVAT allows"),
        (400, TOO_MANY_PIXELS, CvatChunkUnserved, "more than 9,437,184 pixels"),
        (500, "No such file", CvatBroken, "gone from the share"),
        (403, NOT_PERMITTED, CvatForbidden, "may not see frame 0 of task 12"),
        (404, "No Task matches the given query.", CvatNotFound, "does not exist"),
    ],
)
@pytest.mark.parametrize("is_bare", [True, False])
def test_pictures_that_cvat_cannot_serve(
    cvat: Replay, status: int, said: str, kind: type[CvatError], text: str, is_bare: bool
) -> None:
    """Not taken for a task that is closed to the account, or gone (cvat-api 10.4, 10.6)."""
    body = said if is_bare else {"detail": said}
    cvat.route("/api/tasks/12/data", json_answer(body, status))
    with pytest.raises(CvatError, match=text) as caught:
        CvatClient(url=cvat.url, credential=None, retries=FAST).frame(task_id=12, frame=0)
    assert type(caught.value) is kind
    assert caught.value.status == status


def test_preview_of_a_task_without_data(cvat: Replay) -> None:
    cvat.replay("preview-task-without-data-404")
    with pytest.raises(CvatNotFound, match="preview of task 45 does not exist"):
        CvatClient(url=cvat.url, credential=None).preview(task_id=45)


def test_codes_are_distinct() -> None:
    kinds = [CvatError, *CvatError.__subclasses__(), CvatTimeout]
    assert len({kind.code for kind in kinds}) == len(kinds)
