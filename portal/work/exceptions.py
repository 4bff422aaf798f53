"""How a work ends before it is done."""

from __future__ import annotations

from portal.exceptions import PortalError


class Stopped(Exception):
    """The work was cancelled, taken over by another worker, or ran past its deadline."""


class WorkFailed(PortalError):
    """The work cannot be done. `str(error)` becomes the `error` of its row."""
