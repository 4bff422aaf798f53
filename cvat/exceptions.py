"""Errors of the CVAT client. `str(error)` is always fit to be shown."""

from __future__ import annotations

from enum import StrEnum


class CvatError(Exception):
    """Base class. `code` is a stable word for scripts."""

    code = "cvat_error"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status  # HTTP status of CVAT's answer, if there was one
        self.said = ""  # CVAT's own words, fit to be shown; "" if there were none
        self.lasting = message  # what to show once waiting was in vain: no "in 10 seconds"
        self.retry_after: float | None = None  # seconds, from CVAT's Retry-After header
        # Whether the same request may succeed later: CVAT is busy, or fails at every request.
        self.is_passing = False


class CvatUnreachable(CvatError):
    """No answer: wrong address, server down, certificate refused, connection lost."""

    code = "cvat_unreachable"


class CvatTimeout(CvatUnreachable):
    """An answer did not come in time, or CVAT says it is still building it (429)."""

    code = "cvat_timeout"


class CvatBroken(CvatError):
    """CVAT failed, or its answer is unusable: 5xx, HTML in place of JSON, damaged bytes."""

    code = "cvat_broken"


class CvatChunkUnserved(CvatBroken):
    """CVAT serves none of the pictures of a chunk, together or alone: it cannot read one of their
    files in the cloud storage of the task, or they are too large for it (cvat-api 10.4, 10.6)."""


class CvatStorageUnreadable(CvatChunkUnserved):
    """CVAT cannot read the whole cloud storage of a task: it serves no picture of the task."""


class CvatLoginRefused(CvatError):
    """Wrong user name or password, or an inactive account."""

    code = "cvat_login_refused"


class CvatUnauthorized(CvatError):
    """The stored credential is no longer accepted: connect again."""

    code = "cvat_unauthorized"


class CvatForbidden(CvatError):
    """The account may not see this (403)."""

    code = "cvat_forbidden"


class CvatNotFound(CvatError):
    """There is no such object on the server (404)."""

    code = "cvat_not_found"


class CvatRejected(CvatError):
    """CVAT refuses the request as wrong (400, 405, 409, ...)."""

    code = "cvat_rejected"


class Reason(StrEnum):
    """Why CVAT refuses a change, where a caller may want to react."""

    NOT_PERMITTED = "not_permitted"  # a read-only token, or an account without the right
    ASSIGNEE = "assignee"
    GROUND_TRUTH_EXISTS = "ground_truth_exists"
    HONEYPOTS = "honeypots"
    THREE_DIMENSIONAL = "three_dimensional"
    NO_DATA = "no_data"
    UNKNOWN_FRAMES = "unknown_frames"
    UNKNOWN_LABEL = "unknown_label"
    BAD_OBJECT = "bad_object"
    ORGANIZATION = "organization"
    CHANGED_MEANWHILE = "changed_meanwhile"
    OTHER = "other"


class CvatRefused(CvatRejected):
    """CVAT refuses a change, for this reason. The text says what to do."""

    code = "cvat_refused"

    def __init__(self, message: str, reason: Reason, *, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.reason = reason


class CvatNoData(CvatError):
    """The task or job has no pictures to choose from: no data, still being created, 3D."""

    code = "cvat_no_data"
