"""Completed jobs of a publication handed over to reviewers, in the API."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.fields import IdField, ListField
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
from publishing.new_task import MOST_ASSIGNEES


class ReviewersSerializer(DryRunnableSerializer):
    """Whom the completed jobs are handed over to."""

    reviewer_ids = ListField(
        child=IdField(),
        max_length=MOST_ASSIGNEES,
        required=False,
        help_text="Ids of users of CVAT who get the jobs in turn, the last one all that remain. "
        "Default: those that were given when the task was asked for.",
    )


class HandOverViewSet(DecidingViewSet):
    @takes(
        body=ReviewersSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: SignedInApiRequest, pk: str) -> Response:
        """Hand the completed jobs of a new task over to reviewers, in the background: each gets the
        stage `validation`, the state `new`, and its reviewer as its assignee. Jobs that are not
        completed in the stage `annotation` stay as they are. Needs permission to write through your
        connection (409 with the code `write_permission_needed` without it). 409 for a publication
        without such jobs."""
        source = self.get_object()
        form = ReviewersSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data.get("reviewer_ids")
        if given is None:
            given = source.reviewer_ids
        if form.validated_data["dry_run"]:
            check = services.check_hand_over(user=request.user, source=source)
            return dry_run(each.change for each in check.hand_overs(given))

        def create() -> Response:
            publication = services.request_hand_over(
                user=request.user, source=source, reviewer_ids=given
            )
            return accepted(request.user, publication)

        return once(request, create)
