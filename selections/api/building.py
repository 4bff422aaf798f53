"""Archives of a selection in the API: build one, list them, and what to know before a build."""

from __future__ import annotations

from typing import Any

from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api import archive_serializers as archives_api
from selections.api.option_serializers import (
    LeftOutByFormatQuestionSerializer,
    LeftOutByFormatSerializer,
    SplitRowSerializer,
    SplitTableSerializer,
)
from selections.api.remarks_serializers import ListedFramesSerializer
from selections.models import Archive


class BuildActions(viewsets.GenericViewSet[Any]):
    """Actions of one selection."""

    @takes(is_paged=True, responses=archives_api.ArchiveListSerializer(many=True))
    @action(detail=True, filterset_class=None, filter_backends=[])
    def archives(self, request: SignedInApiRequest, pk: str) -> Response:
        """The archives you have built of this selection."""
        own = Archive.objects.for_user(request.user).filter(selection=self.get_object())
        page = self.paginate_queryset(own.for_list())
        context = self.get_serializer_context()
        listed = archives_api.ArchiveListSerializer(page, many=True, context=context)
        return self.get_paginated_response(listed.data)

    @takes(
        body=archives_api.NewArchiveSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: archives_api.ArchiveSerializer},
    )
    @archives.mapping.post
    def build(self, request: SignedInApiRequest, pk: str) -> Response:
        """Build a ZIP of the selection."""
        form = archives_api.NewArchiveSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def build() -> Response:
            archive = services.request_archive(
                user=request.user, selection=self.get_object(), options=form.options()
            )
            answer = archives_api.ArchiveSerializer(archive, context=self.get_serializer_context())
            return Response(answer.data, status=status.HTTP_202_ACCEPTED)

        return once(request, build)

    @takes(body=SplitTableSerializer, responses=SplitRowSerializer(many=True))
    @action(
        detail=True,
        methods=["post"],
        url_path="split-table",
        filter_backends=[],
        pagination_class=None,
    )
    def split_table(self, request: SignedInApiRequest, pk: str) -> Response:
        """How many frames of the selection a split puts where, before an archive is built.

        With `even_labels` also how many frames with each label; 503 with `Retry-After` while the
        annotations are read, and while as many slow requests as may are being answered. What an
        archive leaves out only because an object is damaged, or because of its points or
        attributes, counts here too.
        """
        form = SplitTableSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rows = services.split_table(
            user=request.user,
            selection=self.get_object(),
            split=form.split(),
            choice=form.choice(),
            annotations=form.validated_data["annotations"],
            annotations_from=form.validated_data["annotations_from"],
            leaves_out_empty=form.leaves_out_empty,
        )
        return Response(SplitRowSerializer(rows, many=True).data)

    @takes(body=LeftOutByFormatQuestionSerializer, responses=LeftOutByFormatSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="left-out",
        filter_backends=[],
        pagination_class=None,
    )
    def left_out(self, request: SignedInApiRequest, pk: str) -> Response:
        """What a format of annotations has no place for, before an archive is built.

        503 with `Retry-After` while the annotations are read, and while as many slow requests as
        may are being answered. What is left out only because an object is damaged, or because of
        its points or attributes, and attributes of the points of skeletons, are counted by the
        archive alone.
        """
        form = LeftOutByFormatQuestionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        left_out = services.left_out_by_format(
            user=request.user,
            selection=self.get_object(),
            annotations=form.validated_data["annotations"],
            annotations_from=form.validated_data["annotations_from"],
            choice=form.choice(),
        )
        return Response(LeftOutByFormatSerializer(left_out).data)

    @takes(responses=ListedFramesSerializer)
    @action(
        detail=True,
        url_path="deleted-frames",
        url_name="deleted-frames",
        filterset_class=None,
        filter_backends=[],
    )
    def deleted_frames(self, request: SignedInApiRequest, pk: str) -> Response:
        """The frames that were deleted in CVAT after the selection was saved, asked of CVAT now
        through your own connection."""
        deleted = services.find_deleted(user=request.user, selection=self.get_object())
        return Response({"count": deleted.count, "frames": deleted.frames})
