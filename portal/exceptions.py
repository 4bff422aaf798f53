"""Errors of the portal, and the HTTP status of these and of CVAT's errors.

`str(error)` is always fit to be shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cvat.exceptions import (
    CvatError,
    CvatForbidden,
    CvatLoginRefused,
    CvatNoData,
    CvatNotFound,
    CvatRejected,
    CvatTimeout,
    CvatUnauthorized,
)


class PortalError(Exception):
    """Base class. `code` is a stable word for scripts. `in_api` names what to send instead, such as
    "`partly`": pages have fields for that."""

    code = "invalid"
    status = 400
    retry_after: float | None = None  # seconds after which another try makes sense

    def __init__(self, message: str = "", *, in_api: str = "") -> None:
        super().__init__(message)
        self.in_api = in_api


class InvalidInput(PortalError):
    """The request itself is wrong."""


class NotConnected(PortalError):
    """The user has no usable connection for this."""

    code = "not_connected"
    status = 409


class ServerNotAllowed(PortalError):
    code = "server_not_allowed"
    status = 403


class NotFound(PortalError):
    code = "not_found"
    status = 404


class Conflict(PortalError):
    code = "conflict"
    status = 409


class LimitReached(Conflict):
    """There are as many of something as may be; some have to be deleted or to end first."""

    code = "limit_reached"


class NotFinished(Conflict):
    """What is asked for comes later."""

    code = "not_finished"


class TooManyAttempts(PortalError):
    code = "too_many_attempts"
    status = 429

    def __init__(self, url: str, *, minutes: int) -> None:
        super().__init__(
            f"{url} has refused too many sign-ins of yours. Wait {minutes} minutes, then try again "
            "with the right password or an access token."
        )


class TooManyBuilds(PortalError):
    """The limit of waiting and running builds of one person is reached."""

    code = "too_many_builds"
    status = 429
    retry_after = 60

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"{limit:,} of your archives are waiting or being built, which is as many as one "
            "person may have here. Wait until one is ready, or cancel one under Archives."
        )


class TooManySignIns(PortalError):
    """CVAT's limit of requests without credentials is used up for some seconds."""

    code = "cvat_throttled"
    status = 503

    def __init__(self, url: str, *, seconds: int) -> None:
        self.retry_after = seconds
        super().__init__(
            f"{url} accepts only so many sign-ins a minute, from all people of this portal "
            f"together. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}."
        )


class Busy(PortalError):
    """The portal has too much to do at the moment."""

    code = "busy"
    status = 503
    retry_after = 2

    def __init__(
        self, message: str = "The portal is busy making pictures. Try again in a moment."
    ) -> None:
        super().__init__(message)


class FolderUnusable(PortalError):
    """The disk or the rights of a folder of the portal do not allow what was asked for."""

    code = "folder_unusable"
    status = 503

    def __init__(self, folder: str, *, reason: str) -> None:
        super().__init__(
            f"The portal cannot use its folder of {folder}: {reason}. Ask the operator of the "
            "portal for room on its disk, or to check the folder, and try again then."
        )


class NotRead(PortalError):
    """The answer needs annotations that are still being read."""

    code = "annotations_not_read"
    status = 503
    retry_after = 3

    def __init__(self, source: str, *, jobs_read: int, jobs_count: int) -> None:
        """`source` is what has the annotations, such as "task 5"."""
        super().__init__(
            f"The annotations of {source} are being read: {jobs_read:,} of {jobs_count:,} "
            "jobs so far. Try again in a moment."
        )
        self.jobs_read, self.jobs_count = jobs_read, jobs_count

    @classmethod
    def of_all(cls, errors: Sequence[NotRead]) -> NotRead:
        """One error for those of several tasks."""
        if len(errors) == 1:
            return errors[0]
        return cls(
            f"{len(errors):,} tasks",
            jobs_read=sum(each.jobs_read for each in errors),
            jobs_count=sum(each.jobs_count for each in errors),
        )


class PicturesNotRead(PortalError):
    """The answer needs the likeness of pictures that are still being read."""

    code = "pictures_not_read"
    status = 503
    retry_after = 3

    def __init__(self, task_ids: Sequence[int], *, frames_read: int, frames_count: int) -> None:
        what = f"task {task_ids[0]}" if len(task_ids) == 1 else f"{len(task_ids):,} tasks"
        super().__init__(
            f"The pictures of {what} are being read: {frames_read:,} of {frames_count:,} frames so "
            "far. Try again in a moment."
        )


_CVAT_STATUS: tuple[tuple[type[CvatError], int], ...] = (
    (CvatLoginRefused, 401),
    (CvatUnauthorized, 401),
    (CvatForbidden, 403),
    (CvatNotFound, 404),
    (CvatNoData, 409),
    (CvatRejected, 400),
    (CvatTimeout, 504),
)

Explained = (PortalError, CvatError)


def message_in_api(error: PortalError | CvatError) -> str:
    """The message, with what to send instead."""
    in_api = error.in_api if isinstance(error, PortalError) else ""
    return f"{error} In the API: {in_api}." if in_api else str(error)


def retry_headers(error: PortalError | CvatError) -> dict[str, str]:
    """The Retry-After header of an error, if it has one."""
    seconds = error.retry_after
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}


def http_status(error: PortalError | CvatError) -> int:
    """The HTTP status: 400 wrong input, 401 credential refused by CVAT, 403, 404, 409, 429,
    502 CVAT unreachable or broken, 503 busy, 504 CVAT too slow."""
    if isinstance(error, PortalError):
        return error.status
    return next((status for kind, status in _CVAT_STATUS if isinstance(error, kind)), 502)
