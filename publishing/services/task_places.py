"""Where a new task is made: the organization and the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Project, Task, User
from cvat.writing import TaskWriter
from portal.exceptions import InvalidInput
from publishing.label_sets import LabelsToSend
from publishing.services.assignees import find_members
from selector.cvat_requests import cvat_client
from selector.models import Connection


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new task will be. `query` of the request for it names the organization; `project` is
    the one that was asked for, `labels` are its labels. `members` are the CVAT users that the task
    and its jobs can be assigned to."""

    organization_id: int | None
    query: Mapping[str, Any]
    members: tuple[User, ...]
    project: Project | None = None
    labels: LabelsToSend = ()


def look_up_place(*, connection: Connection, organization: str, project_id: int | None) -> Place:
    """Where a new task in a project will be; without one, in an organization, "" for the personal
    space. Raises InvalidInput for what CVAT does not show, CvatError."""
    with cvat_client(connection) as client:
        number = organization_id(client, organization) if project_id is None else None
        return find_place(client, number, organization, project_id)


def organization_id(client: CvatClient, slug: str) -> int | None:
    """None for the personal space. Raises InvalidInput, CvatError."""
    if not slug:
        return None
    for organization in client.organizations():
        if organization.slug == slug:
            return organization.id
    raise InvalidInput(
        f"CVAT shows your account no organization {slug}. Connect without it, or to another one."
    )


def find_place(
    client: CvatClient, organization_id: int | None, organization: str, project_id: int | None
) -> Place:
    """Where a new task will be: in the project with this id, or else in the organization, whose
    slug is `organization`, or in the personal space. Raises InvalidInput, CvatError."""
    if project_id is None:
        members = find_members(client, organization_id)
        return Place(organization_id, {"org": organization} if organization else {}, members)
    try:
        project = client.project(project_id)
    except (CvatForbidden, CvatNotFound):
        raise InvalidInput(
            f"CVAT shows your account no project {project_id}. Choose another one, or none."
        ) from None
    number = project.organization_id
    return Place(
        number,
        {} if number is None else {"org_id": number},
        find_members(client, number),
        project,
        TaskWriter(client).labels_of_project(project_id),
    )


def find_organization(client: CvatClient, tasks: Sequence[Task]) -> str:
    """The slug of the organization that all tasks lie in; "" for a personal space. Raises
    InvalidInput, CvatError."""
    ids = {task.organization_id for task in tasks}
    if len(ids) > 1:
        raise InvalidInput(
            "The tasks of the selection lie in several organizations or spaces, and a task lies in "
            "one. Make a selection for each."
        )
    [number] = ids
    if number is None:
        return ""
    for organization in client.organizations():
        if organization.id == number:
            return organization.slug
    raise InvalidInput(
        "You are not a member of the organization in CVAT that the tasks lie in, so you cannot "
        "make a task there. Share the selection with somebody who is."
    )


def find_project(client: CvatClient, tasks: Sequence[Task]) -> Project | None:
    """The project that all tasks are in; None if there is none that CVAT shows."""
    ids = {task.project_id for task in tasks}
    number = ids.pop() if len(ids) == 1 else None
    if number is None:
        return None
    try:
        return client.project(number)
    except CvatForbidden:
        return None
