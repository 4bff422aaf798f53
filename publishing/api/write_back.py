"""Results of a publication, written into the tasks of its frames, in the API."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import DecidingViewSet, DryRunSerializer, accepted, dry_run
from publishing.api.publications import PublicationSerializer
from publishing.api.results import WriteBackSerializer
from publishing.writing_back import WriteBackOptions


class WriteBackViewSet(DecidingViewSet):
    @takes(
        body=WriteBackSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], url_path="write-back")
    def write_back(self, request: SignedInApiRequest, pk: str) -> Response:
        """Write the results of a publication into the tasks that its frames are of, in the
        background: into annotation jobs, on these frames alone. Labels, attributes and points of
        skeletons are matched by name; tracks of the results become objects on each frame. Needs
        permission to write through your connection (409 with the code `write_permission_needed`
        without it). 409 with the code `choice_needed` when something does not fit, or tracks would
        have to be cut, and nothing says what becomes of it."""
        source = self.get_object()
        form = WriteBackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        is_dry_run = given.pop("dry_run")
        options = WriteBackOptions(publication_id=source.pk, **given)
        if is_dry_run:
            _, planned = services.plan_write_back(user=request.user, source=source, options=options)
            return dry_run(planned)

        def create() -> Response:
            publication = services.request_write_back(
                user=request.user, source=source, options=options
            )
            return accepted(request.user, publication)

        return once(request, create)
