"""Selections in the API: list, save, change, copy, draw again, write as a list of frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import Exists
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.response import Response

from portal.api.filtering import Filters, FilterSet, IdFilter, Ordering, TrueFalseFilter
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.parsers import TakesFrames
from portal.api.strict import StrictView, takes
from portal.api.views import IDS, AlwaysJson
from portal.signed_in import SignedInApiRequest
from selections import downloads, services
from selections.api import serializers
from selections.api.building import BuildActions
from selections.api.drifting import DriftActions
from selections.api.frames import FrameActions
from selections.api.shares import HandOverSerializer
from selections.models import Selection, SelectionQuerySet
from selections.models.selected import tasks_of_outer
from selector.services.connections import find_connection


class SelectionFilter(FilterSet):
    task_id = IdFilter(method="of_task")
    mine = TrueFalseFilter(method="of_mine")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Selection
        fields = ["frame_selection_method", "visibility", "url"]

    def of_task(self, queryset: SelectionQuerySet, name: str, value: int) -> SelectionQuerySet:
        return queryset.filter(Exists(tasks_of_outer().filter(task_id=value)))

    def of_mine(self, queryset: SelectionQuerySet, name: str, value: bool) -> SelectionQuerySet:
        own = queryset.filter(owner=self.request.user.pk)
        return own if value else queryset.exclude(owner=self.request.user.pk)


class SelectionViewSet(
    BuildActions,
    DriftActions,
    FrameActions,
    TakesFrames,
    StrictView,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Any],
):
    takes_frames = frozenset({"create", "edit_frames"})
    serializer_class = serializers.SelectionSerializer
    queryset = Selection.objects.none()
    lookup_value_regex = IDS
    filter_backends = [Filters, SearchFilter, Ordering]
    filterset_class = SelectionFilter
    search_fields = ["name", "note"]
    ordering_fields = ["name", "created_at", "updated_at"]

    def get_queryset(self) -> SelectionQuerySet:
        if self.action in {"destroy", "hand_over"} or self._changes_sharing():
            return Selection.objects.owned_by(self.request.user)
        if self.action in {"partial_update", "edit_frames", "revisions", "go_back"}:
            return Selection.objects.editable_by(self.request.user)
        visible = Selection.objects.for_user(self.request.user)
        if self.action == "list":
            visible = visible.listed()
        return visible.detailed(self.request.user)

    def list(self, request: SignedInApiRequest) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        Selection.read_sources(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _changes_sharing(self) -> bool:
        data = self.request.data
        is_object = isinstance(data, Mapping)  # else the serializer refuses it
        of_owner = {"visibility", "hides_names"}
        return self.action == "partial_update" and is_object and not of_owner.isdisjoint(data)

    @takes(
        body=serializers.NewSelectionSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: serializers.SelectionSerializer},
    )
    def create(self, request: SignedInApiRequest) -> Response:
        """Save frames chosen by hand, or a draw."""
        form = serializers.NewSelectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return once(request, lambda: self._create(request, form))

    def _create(
        self, request: SignedInApiRequest, form: serializers.NewSelectionSerializer
    ) -> Response:
        data = form.validated_data
        based_on, replaces = data.get("based_on"), data.get("replaces")
        replaced, origin = None, None
        if replaces is not None:
            replaced = get_object_or_404(Selection.objects.owned_by(request.user), pk=replaces)
        if based_on is not None:
            # A record of the origin alone: saving goes on when it was deleted.
            origin = Selection.objects.for_user(request.user).filter(pk=based_on).first()
        selection = services.save_selection(
            owner=request.user,
            connection=find_connection(user=request.user, connection_id=data.get("connection")),
            choices=data.get("frames") or [],
            draw=form.draw() if form.is_drawn else None,
            name=data["name"],
            note=data["note"] if "note" in request.data else None,
            replaces=replaced,
            based_on=origin,
        )
        return self._created(selection)

    @takes(body=serializers.SelectionSerializer)
    def partial_update(self, request: SignedInApiRequest, pk: str) -> Response:
        """Change name or note of a selection that you may edit, and who sees your own: `visibility`
        and `hides_names`."""
        selection = self.get_object()
        form = self.get_serializer(selection, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        services.update_selection(selection=selection, **form.validated_data)
        return Response(serializers.answered_selection(request, selection))

    def perform_destroy(self, instance: Selection) -> None:
        # For ten minutes the pages offer to undo it; for the API it is gone.
        services.discard_selection(selection=instance)

    @takes(parameters=[IDEMPOTENCY_KEY], responses={201: serializers.SelectionSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: SignedInApiRequest, pk: str) -> Response:
        """A private copy of your own."""

        def copy() -> Response:
            copied = services.copy_selection(user=request.user, selection=self.get_object())
            return self._created(copied)

        return once(request, copy)

    @takes(responses=serializers.SelectionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None, filter_backends=[])
    def restore(self, request: SignedInApiRequest, pk: str) -> Response:
        """Take back the deletion of a selection of your own, within ten minutes."""
        selection = services.restore_selection(user=request.user, selection_id=int(pk))
        return Response(serializers.answered_selection(request, selection))

    @takes(body=HandOverSerializer, responses=serializers.SelectionSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="hand-over",
        url_name="hand-over",
        filterset_class=None,
        filter_backends=[],
    )
    def hand_over(self, request: SignedInApiRequest, pk: str) -> Response:
        """Make another person the owner of a selection of yours. You can edit it until the new
        owner stops sharing it with you; your archives of it stay yours."""
        form = HandOverSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        selection = self.get_object()
        services.give_selections(user=request.user, selections=[selection], **form.validated_data)
        return Response(serializers.answered_selection(request, selection))

    @takes(
        body=serializers.DrawAgainSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: serializers.RedrawnSerializer},
    )
    @action(detail=True, methods=["post"], url_path="draw-again", url_name="draw-again")
    def draw_again(self, request: SignedInApiRequest, pk: str) -> Response:
        """A new selection, drawn as this one was from the task as it is now: with the same seed, or
        with `new_seed` with another. The answer compares the two."""
        form = serializers.DrawAgainSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def draw() -> Response:
            drawn = services.draw_again(
                user=request.user,
                selection=self.get_object(),
                with_new_seed=form.validated_data["new_seed"],
                seed=form.validated_data.get("random_seed"),
            )
            answer = {
                "selection": serializers.saved_selection(request, drawn.selection),
                "count": drawn.count,
                "count_before": drawn.count_before,
                "same": drawn.same,
                "new": drawn.new,
            }
            return Response(answer, status=status.HTTP_201_CREATED)

        return once(request, draw)

    @takes(
        query=serializers.FrameListQuerySerializer,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    @action(
        detail=True,
        url_path=r"frames\.csv",
        url_name="frames-csv",
        filterset_class=None,
        filter_backends=[],
        content_negotiation_class=AlwaysJson,
    )
    def frames_csv(self, request: SignedInApiRequest, pk: str) -> HttpResponseBase:
        """The frames as CSV, by task and number."""
        return downloads.send_frame_list(self.get_object(), is_exact=self.query["raw"])

    @takes(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(
        detail=True,
        url_path=r"frames\.json",
        url_name="document",
        filterset_class=None,
        filter_backends=[],
        pagination_class=None,
        content_negotiation_class=AlwaysJson,
    )
    def document(self, request: SignedInApiRequest, pk: str) -> HttpResponseBase:
        """The selection as one JSON, its draw included: `import` makes it again from that, also in
        another portal."""
        return downloads.send_document(self.get_object())

    @takes(responses={(200, "text/plain"): OpenApiTypes.STR})
    @action(
        detail=True,
        url_path=r"names\.txt",
        url_name="names",
        filterset_class=None,
        filter_backends=[],
        pagination_class=None,
        content_negotiation_class=AlwaysJson,
    )
    def names(self, request: SignedInApiRequest, pk: str) -> HttpResponseBase:
        """The file names of the frames, one on each line; a name that a line does not hold is in
        quotes, as in JSON."""
        return downloads.send_names(self.get_object())

    def _created(self, selection: Selection) -> Response:
        answer = serializers.saved_selection(self.request, selection)
        return Response(answer, status=status.HTTP_201_CREATED)
