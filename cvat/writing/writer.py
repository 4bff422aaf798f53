"""What all writers of objects in CVAT share."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cvat import reading
from cvat.client import CvatClient
from cvat.exceptions import CvatNotFound, CvatRefused, Reason
from cvat.http import Call
from cvat.types import Project, Task
from cvat.writing import refusals
from cvat.writing.sending import Sender


class Writer:
    """Changes in CVAT, with a client whose credential may write. Safe for threads.

    Every method raises CvatError; a refusal is a CvatRefused, whose text says what to do. Methods
    named `ensure_` look first whether it is done already, and again after a lost answer: they can
    be repeated at any time, by another process too. The others send one request once.
    """

    def __init__(self, client: CvatClient) -> None:
        self._client = client
        self._sender = Sender(client)

    def check_permission(self) -> None:
        """CvatRefused if the credential is a read-only access token, CvatUnauthorized if CVAT does
        not accept it."""
        self._client.whoami()
        if self._sender.is_read_only():
            raise CvatRefused(refusals.READ_ONLY, Reason.NOT_PERMITTED)

    def _organization_of_job(self, job_id: int) -> dict[str, Any]:
        answer = self._client.http.get(f"/api/jobs/{job_id}", subject=f"job {job_id}")
        number = reading.organization_id(answer)
        return {} if number is None else {"org_id": number}

    def _ensure_deleted(self, path: str, subject: str) -> None:
        def is_gone() -> bool | None:
            try:
                self._client.http.get(path, subject=subject)
            except CvatNotFound:
                return True
            return None

        def delete() -> bool:
            with suppress(CvatNotFound):
                self._sender.send(Call("DELETE", path, subject))
            return True

        self._sender.ensure(is_gone, delete)


def in_organization(holder: Task | Project) -> dict[str, Any]:
    """The query of a request for an object of the task or project: without it a maintainer may be
    refused (cvat-api 3.3)."""
    return {} if holder.organization_id is None else {"org_id": holder.organization_id}
