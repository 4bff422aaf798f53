"""Whom CVAT lets work be assigned to (cvat-api 3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import User
from portal.exceptions import InvalidInput

MOST_NAMED = 20


def find_members(
    client: CvatClient, organization_id: int | None, *, only_active: bool = True
) -> tuple[User, ...]:
    """The members of an organization, without deactivated accounts unless all are asked for; in a
    personal space (None) oneself."""
    if organization_id is None:
        return (client.whoami(),)
    try:
        members = client.members(organization_id, only_active=only_active)
    except (CvatForbidden, CvatNotFound):
        return ()
    return tuple(sorted(members, key=lambda user: user.username))


def check_assignees(members: Sequence[User], assignees: Iterable[int], *, subject: str) -> None:
    """Raises InvalidInput for a user id that is none of the members. `subject` names what is
    assigned, such as "The job"."""
    known = {member.id for member in members}
    for assignee in assignees:
        if assignee not in known:
            named = [f"{member.username} ({member.id})" for member in members[:MOST_NAMED]]
            raise InvalidInput(
                f"{subject} cannot be assigned to user {assignee} of CVAT. Those who can get it: "
                f"{', '.join(named) or 'nobody'}."
            )
