"""What can go wrong. `str(error)` says what happened and what to try."""

from __future__ import annotations

import requests


class Error(Exception):
    """Base class of the errors of this package."""


class Unreachable(Error):
    """The portal does not answer, or something else answers in its place."""


class BuildFailed(Error):
    """The build of an archive failed or was cancelled."""


class DownloadFailed(Error):
    """The file that came is not the one that the portal has."""


class UploadFailed(Error):
    """The files could not be brought to the portal."""


class PublishingFailed(Error):
    """What was asked for in CVAT failed or was cancelled."""


class Refused(Error):
    """The portal refused a request: its sentence, its HTTP status and its code for programs."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def error_of(answer: requests.Response) -> Error:
    """The error that an answer without success tells of."""
    try:
        body = answer.json()
        # The four endpoints of the specification say "message", all others "detail".
        message = body["message"] if "message" in body else body["detail"]
        return Refused(str(message), status=answer.status_code, code=str(body["code"]))
    except (ValueError, KeyError, TypeError):
        return not_a_portal(answer)


def not_a_portal(answer: requests.Response) -> Unreachable:
    """The error for an answer that no portal gives."""
    return Unreachable(
        f"{answer.url} answered {answer.status_code} {answer.reason}, not as a portal does. "
        "Check the address, and whether a proxy stands in between."
    )
