"""Connections, the person, and `load-images`."""

from __future__ import annotations

import msgspec
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins, status, viewsets
from rest_framework.filters import SearchFilter
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.filtering import FilterSet, Ordering, TrueFalseFilter
from portal.api.strict import StrictView, takes
from portal.api.views import IDS, SpecifiedView
from portal.models import ApiToken
from portal.signed_in import SignedInApiRequest
from selector.annotation_index.filter import AnnotationFilter
from selector.api import serializers
from selector.api.annotation_filters import LoadImagesSerializer
from selector.models import Connection, ConnectionQuerySet
from selector.services import catalogs, connections
from selector.services.annotation_index import with_annotations


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
        """Every frame of a task or a job that can be chosen; with `annotation_filter` those with
        such annotations. 503 with code `annotations_not_read`: they are being read, ask again."""
        form = LoadImagesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        connection = connections.find_connection(
            user=request.user, connection_id=data.get("connection")
        )
        catalog = catalogs.load_catalog(
            connection=connection,
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
        )
        conditions = AnnotationFilter.from_json(data.get("annotation_filter") or {})
        if conditions:
            catalog = with_annotations(
                connection, catalog, job_id=data.get("job_id"), conditions=conditions
            )
        answer = {
            "success": True,
            "connection": connection.pk,
            "images": catalog.frames,
            "count": len(catalog.frames),
            "source": "job" if data.get("job_id") else "task",
            "task_id": catalog.task_id,
            "task_name": catalog.task_name,
            "mode": catalog.mode,
            "jobs": serializers.JobSerializer(catalog.jobs, many=True).data,
            "deleted_count": catalog.deleted_count,
            "honeypot_count": catalog.honeypot_count,
        }
        # Not a Response of DRF, which keeps dicts of 100,000 frames beside their JSON.
        return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


class MeView(StrictView, APIView):
    @takes(responses=serializers.MeSerializer)
    def get(self, request: SignedInApiRequest) -> Response:
        """Who you are here, and which connection is used where none is named."""
        own = Connection.objects.for_user(request.user).defer("credential")
        default = own.default()
        token = request.auth if isinstance(request.auth, ApiToken) else None
        me = {
            "id": request.user.pk,
            "username": request.user.username,
            "is_staff": request.user.is_staff,
            "connections_count": own.count(),
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
    filter_backends = [DjangoFilterBackend, SearchFilter, Ordering]
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
