"""Archives in the API: list, cancel, retry, delete, download."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.filtering import Filters, FilterSet, IdFilter, Ordering
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import StrictView, takes
from portal.api.views import IDS, AlwaysJson
from portal.signed_in import SignedInApiRequest
from selections import downloads, live_downloads, services
from selections.api import archive_serializers as archives_api
from selections.models import (
    Archive,
    ArchiveQuerySet,
)

ZIP = {(200, "application/zip"): OpenApiTypes.BINARY}


class ArchiveFilter(FilterSet):
    selection = IdFilter(field_name="selection_id")

    class Meta:
        model = Archive
        fields = ["status"]


class ArchiveViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Archive],
):
    serializer_class = archives_api.ArchiveSerializer
    queryset = Archive.objects.none()
    lookup_value_regex = IDS
    filter_backends = [Filters, Ordering]
    filterset_class = ArchiveFilter
    ordering_fields = ["created_at", "finished_at", "size"]
    content_negotiation_class = AlwaysJson

    def get_queryset(self) -> ArchiveQuerySet:
        own = Archive.objects.for_user(self.request.user)
        return own.for_list() if self.action == "list" else own

    def get_serializer_class(self) -> type[archives_api.ArchiveListSerializer]:
        if self.action == "list":
            return archives_api.ArchiveListSerializer
        return archives_api.ArchiveSerializer

    @takes(responses={204: None, 409: ErrorSerializer})
    def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Delete the files and the record of them. One that waits or is being built: cancel it
        first."""
        services.delete_archive(archive=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @takes()
    @action(detail=True, methods=["post"])
    def cancel(self, request: SignedInApiRequest, pk: str) -> Response:
        """Give up a build that waits or runs."""
        archive = services.cancel_archive(archive=self.get_object())
        return Response(self.get_serializer(archive).data)

    @takes(parameters=[IDEMPOTENCY_KEY], responses={202: archives_api.ArchiveSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: SignedInApiRequest, pk: str) -> Response:
        """Build the same again. What a failed or incomplete build has fetched is taken over, so
        only what is missing is asked of CVAT."""

        def retry() -> Response:
            archive = services.retry_archive(user=request.user, archive=self.get_object())
            return Response(self.get_serializer(archive).data, status=status.HTTP_202_ACCEPTED)

        return once(request, retry)

    @takes(
        query=archives_api.DownloadQuerySerializer,
        responses={
            **ZIP,
            (206, "application/zip"): OpenApiTypes.BINARY,
            304: None,
            409: ErrorSerializer,
            412: ErrorSerializer,
            416: ErrorSerializer,
            503: ErrorSerializer,
        },
        parameters=[
            OpenApiParameter(name, str, OpenApiParameter.HEADER)
            for name in ("Range", "If-Match", "If-Range")
        ],
    )
    @action(detail=True)
    def download(self, request: SignedInApiRequest, pk: str) -> HttpResponseBase:
        """The ZIP, under its own name; `Range` goes on with a broken download.

        With `follow` the ZIP is sent while it is built: the answer begins with the first picture
        and ends with the build. When the build fails or is cancelled, the transfer breaks off
        before its end; one of a build without all frames ends with the manifest that names those.
        503 with `Retry-After` when there is nothing to be sent yet and when too many are sent this
        way, 409 where the portal cannot send unfinished ZIPs: download it when it is ready.
        """
        send = live_downloads.follow if self.query["follow"] else downloads.send
        return send(request, self.get_object(), number=self.query["part"])
