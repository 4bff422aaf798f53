"""Connections, the person, and `load-images`."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from rest_framework import mixins, status, viewsets
from rest_framework.filters import SearchFilter
from rest_framework.response import Response
from rest_framework.views import APIView

from cvat.types import Frame
from portal.api.filtering import Filters, FilterSet, Ordering, TrueFalseFilter
from portal.api.strict import StrictView, takes
from portal.api.views import IDS, SpecifiedView
from portal.models import ApiToken
from portal.signed_in import SignedInApiRequest
from selector.api import serializers
from selector.api.scopes import MOST_IMAGES, LoadImagesSerializer
from selector.models import Connection, ConnectionQuerySet
from selector.own_connections import default_connection, own_connections
from selector.scope import Scope, scope_values
from selector.services import connections, scopes


class TestConnectionView(SpecifiedView):
    @takes(body=serializers.TestConnectionSerializer, responses=serializers.TestConnectionAnswer)
    @sensitive_variables()
    def post(self, request: SignedInApiRequest) -> Response:
        """Try an account on a CVAT server and store an access for the other calls. An access that
        is stored for the same CVAT user and still works is kept."""
        form = serializers.TestConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        connected = connections.connect(owner=request.user, **form.validated_data)
        connection = connected.connection
        message = f"{connected.text} {connected.notice}"
        return Response(
            {
                "success": True,
                "message": message.strip(),
                "connection": serializers.ConnectionSerializer(connection).data,
                "user": {"username": connection.username},
            }
        )


class LoadImagesView(SpecifiedView):
    @takes(body=LoadImagesSerializer, responses=serializers.CatalogAnswer)
    def post(self, request: SignedInApiRequest) -> HttpResponse:
        """Every frame of a job, a task, several tasks or a project that can be chosen; with filters
        those that fulfil all of them. 503 with code `annotations_not_read`: the annotations that
        `annotation_filter` needs are being read, ask again."""
        form = LoadImagesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        connection = connections.find_connection(
            user=request.user, connection_id=data.get("connection")
        )
        scope = Scope(**scope_values(data))
        catalogs = scopes.load_narrowed(connection=connection, scope=scope)
        only = None if scope.has_several_tasks else catalogs[0]
        frames = [frame for catalog in catalogs for frame in catalog.frames]
        answer = {
            "success": True,
            "connection": connection.pk,
            "images": _page(frames, data),
            "count": len(frames),
            "source": scope.kind,
            "task_id": only.task_id if only else None,
            "task_name": only.task_name if only else None,
            "mode": only.mode if only else None,
            "tasks": [
                {
                    "id": each.task_id,
                    "name": each.task_name,
                    "mode": each.mode,
                    "project_id": each.project_id,
                    "frames_count": len(each.frames),
                }
                for each in catalogs
            ],
            "jobs": serializers.JobSerializer(
                [job for each in catalogs for job in each.jobs], many=True
            ).data,
            "deleted_count": sum(each.deleted_count for each in catalogs),
            "honeypot_count": sum(each.honeypot_count for each in catalogs),
        }
        # Not a Response of DRF, which keeps dicts of 100,000 frames beside their JSON.
        return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def _page(frames: list[Frame], data: dict[str, Any]) -> list[Frame]:
    if not data.keys() & {"page", "page_size"}:
        return frames
    size = data.get("page_size", MOST_IMAGES)
    first = (data.get("page", 1) - 1) * size
    return frames[first : first + size]


class MeView(StrictView, APIView):
    @takes(responses=serializers.MeSerializer)
    def get(self, request: SignedInApiRequest) -> Response:
        """Who you are here, and which connection is used where none is named."""
        own = own_connections(request.user)
        default = default_connection(own)
        token = request.auth if isinstance(request.auth, ApiToken) else None
        me = {
            "id": request.user.pk,
            "username": request.user.username,
            "is_staff": request.user.is_staff,
            "connections_count": len(own),
            "default_connection": default.pk if default else None,
            "token_read_only": token.read_only if token else None,
        }
        return Response(serializers.MeSerializer(me).data)


class ConnectionFilter(FilterSet):
    needs_reconnect = TrueFalseFilter(field_name="verified_at", lookup_expr="isnull")

    class Meta:
        model = Connection
        fields = ["url", "organization", "username"]


class ConnectionViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Connection],
):
    serializer_class = serializers.ConnectionSerializer
    queryset = Connection.objects.none()
    lookup_value_regex = IDS
    filter_backends = [Filters, SearchFilter, Ordering]
    filterset_class = ConnectionFilter
    search_fields = ["name", "url", "username"]
    ordering_fields = ["name", "verified_at", "created_at"]

    def get_queryset(self) -> ConnectionQuerySet:
        return Connection.objects.for_user(self.request.user).defer("credential")

    @takes(
        body=serializers.NewConnectionSerializer,
        responses={201: serializers.NewConnectionAnswer},
    )
    @sensitive_variables()
    def create(self, request: SignedInApiRequest) -> Response:
        """Connect. An access stored for the same server, organization and CVAT user is kept if it
        still works, else replaced; another CVAT user is another connection."""
        form = serializers.NewConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        connected = connections.connect(owner=request.user, **form.validated_data)
        answer = self.get_serializer(connected.connection).data | {"notice": connected.notice}
        return Response(answer, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Connection) -> None:
        connections.disconnect(connection=instance)
