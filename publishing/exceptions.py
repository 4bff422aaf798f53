"""Errors of publishing."""

from __future__ import annotations

from portal.exceptions import Conflict


class PermissionNeeded(Conflict):
    """The portal may not write through the connection (any more)."""

    code = "write_permission_needed"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"The portal may not write to {url} for you. Allow it first, for some days, under "
            "Connections.",
            in_api="POST /api/connections/{id}/write-permission",
        )


class ChoiceNeeded(Conflict):
    """The person has to decide something that the request does not say."""

    code = "choice_needed"


class WrongOffset(Conflict):
    """A piece of an upload does not follow the bytes that are here. `received`: how many are."""

    code = "wrong_offset"

    def __init__(self, received: int) -> None:
        self.received = received
        super().__init__(
            f"{received:,} bytes are here. Send those that follow (offset={received})."
        )
