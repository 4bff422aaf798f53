"""A published task, removed in CVAT, in the API."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import (
    DecidingViewSet,
    DryRunnableSerializer,
    DryRunSerializer,
    accepted,
    dry_run,
)
from publishing.api.publications import PublicationSerializer
from publishing.removal import task_removal


class TaskRemovalSerializer(DryRunnableSerializer):
    """The removal of a published task."""


class RemovalViewSet(DecidingViewSet):
    @takes(
        body=TaskRemovalSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], url_path="remove-task")
    def remove_task(self, request: SignedInApiRequest, pk: str) -> Response:
        """Delete the new task of a publication in CVAT, with its pictures and everything that is
        annotated in it, in the background; the tasks of its frames stay as they are. Look at its
        `results` first. Needs permission to write through your connection (409 with the code
        `write_permission_needed` without it). 409 for a publication without a task."""
        source = self.get_object()
        form = TaskRemovalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if form.validated_data["dry_run"]:
            return dry_run([task_removal(services.find_removable_task(source))])

        def create() -> Response:
            publication = services.request_removal(user=request.user, source=source)
            return accepted(request.user, publication)

        return once(request, create)
