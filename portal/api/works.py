"""Background work of all kinds for the tray, and for scripts that wait for it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.reverse import reverse

from portal.api.strict import StrictView, takes
from portal.services import works
from portal.signed_in import SignedInApiRequest
from portal.work.listing import kinds_by_name, load, works_of
from portal.work.models import Work

KIND = "What kind of work it is, such as `archive`."


class WorkSerializer(serializers.Serializer[Work]):
    """What a person asked for and a worker does in the background."""

    kind = serializers.CharField(source="_meta.model_name", read_only=True, help_text=KIND)
    id = serializers.IntegerField(read_only=True, help_text="Its id among the works of its kind.")
    title = serializers.CharField(read_only=True, help_text="What people call it.")
    status = serializers.CharField(
        read_only=True,
        help_text="`queued` and `running` until it ends, see the statuses of archives.",
    )
    activity = serializers.CharField(
        source="Status.RUNNING.label",
        read_only=True,
        help_text="What is done while it is under way, such as `building`.",
    )
    frames_total = serializers.IntegerField(
        read_only=True, help_text="How many frames there are to do."
    )
    frames_done = serializers.IntegerField(
        read_only=True, help_text="How many frames are done so far."
    )
    bytes_per_second = serializers.FloatField(read_only=True)
    seconds_left = serializers.IntegerField(read_only=True, allow_null=True)
    waiting_for = serializers.CharField(
        read_only=True, help_text="What it waits for, as a sentence; mostly empty."
    )
    error = serializers.CharField(
        read_only=True, help_text="Why it failed, as a sentence; empty otherwise."
    )
    files_count = serializers.IntegerField(
        source="files.count", read_only=True, help_text="How many files there are to download."
    )
    files_bytes = serializers.IntegerField(
        source="files.bytes", read_only=True, help_text="Bytes of the files together."
    )
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it ended; null before."
    )
    page_url = serializers.SerializerMethodField(help_text="Address of its page in the portal.")
    download_url = serializers.SerializerMethodField(
        help_text="Address of its file; null unless it is ready and has just one."
    )
    cancel_url = serializers.SerializerMethodField(
        help_text="Where to POST to cancel it; null once it has ended."
    )

    @extend_schema_field(serializers.URLField())
    def get_page_url(self, work: Work) -> str:
        return self._absolute(work.get_absolute_url())

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download_url(self, work: Work) -> str | None:
        return self._absolute(work.files.path) if work.files.path else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_cancel_url(self, work: Work) -> str | None:
        if not work.is_active:
            return None
        args = [work._meta.model_name, work.pk]
        return str(reverse("api-work-cancel", args=args, request=self.context["request"]))

    def _absolute(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class WorkListView(StrictView, GenericAPIView[Work]):
    serializer_class = WorkSerializer
    filter_backends = []

    @takes(is_paged=True, responses=WorkSerializer(many=True))
    def get(self, request: SignedInApiRequest) -> Response:
        """Your background work of all kinds, newest first: what waits, runs, and has ended."""
        page = self.paginate_queryset(works_of(request.user))
        return self.get_paginated_response(self.get_serializer(load(page or []), many=True).data)


class CancelWorkView(StrictView, GenericAPIView[Work]):
    serializer_class = WorkSerializer

    @takes(
        responses=WorkSerializer,
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH, description=KIND)],
    )
    def post(self, request: SignedInApiRequest, kind: str, pk: str) -> Response:
        """Give up work of yours that waits or runs."""
        model = kinds_by_name().get(kind)
        if model is None:
            raise Http404
        work: Any = get_object_or_404(model.objects.for_user(request.user), pk=pk)
        works.cancel(work=work)
        return Response(self.get_serializer(work).data)
