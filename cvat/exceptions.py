"""What can go wrong between the portal and CVAT. `str(error)` is always fit to be shown."""

from __future__ import annotations


class CvatError(Exception):
    """Base of all. `code` is a stable word for scripts."""

    code = "cvat_error"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status  # of CVAT's answer, if there was one
        self.retry_after: float | None = None  # seconds that CVAT asks to wait, if it does
        # Whether CVAT may answer later: it puts the request off, or fails at everything.
        self.is_passing = False


class CvatUnreachable(CvatError):
    """No answer: wrong address, server down, certificate refused, connection lost."""

    code = "cvat_unreachable"


class CvatTimeout(CvatUnreachable):
    """An answer did not come in time, or CVAT says it is still building it (429)."""

    code = "cvat_timeout"


class CvatBroken(CvatError):
    """An answer CVAT does not give when it is well: 5xx, HTML where JSON belongs, bad bytes."""

    code = "cvat_broken"


class CvatLoginRefused(CvatError):
    """Wrong user name or password, or an inactive account."""

    code = "cvat_login_refused"


class CvatUnauthorized(CvatError):
    """The stored credential is no longer accepted: connect again."""

    code = "cvat_unauthorized"


class CvatForbidden(CvatError):
    code = "cvat_forbidden"


class CvatNotFound(CvatError):
    code = "cvat_not_found"


class CvatRejected(CvatError):
    """CVAT refuses the request as wrong (400, 405, 409, ...)."""

    code = "cvat_rejected"


class CvatNoData(CvatError):
    """The task or job exists and holds no pictures to choose from: no data, being created, 3D."""

    code = "cvat_no_data"
