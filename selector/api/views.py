"""The dialogue with CVAT for scripts: parse, call one service, answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import django_filters
from django.views.decorators.debug import sensitive_variables
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.views import SpectacularAPIView
from rest_framework import mixins, status, viewsets
from rest_framework.filters import SearchFilter
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from selector import services
from selector.api import draw_serializers, serializers
from selector.api.filtering import Ordering, TrueFalseFilter
from selector.api.parsers import BoundedFormParser, BoundedJSONParser
from selector.api.strict import StrictView, takes
from selector.cvat.types import Frame
from selector.models import ApiToken, ApiTokenQuerySet, Connection, ConnectionQuerySet
from selector.signed_in import SignedInApiRequest

IDS = "[0-9]{1,18}"  # as many digits as a 64 bit integer surely holds


class AlwaysJson(BaseContentNegotiation):
    """Whatever is accepted: errors are JSON also for who accepts application/zip, an answer
    that is none of DRF's."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class SpecifiedView(StrictView, APIView):
    """One of the four endpoints of the specification, with its own shape of errors.

    They take forms beside JSON, because `curl -d task_id=12 -d count=10` is what people try.
    """

    is_specified = True
    parser_classes = [BoundedJSONParser, BoundedFormParser]
    content_negotiation_class = AlwaysJson


def image(frame: Frame) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "task_id": frame.task_id,
        "job_id": frame.job_id,
        "filename": frame.filename,
        "width": frame.width,
        "height": frame.height,
    }


class TestConnectionView(SpecifiedView):
    @takes(body=serializers.TestConnectionSerializer, responses=serializers.TestConnectionAnswer)
    @sensitive_variables()
    def post(self, request: SignedInApiRequest) -> Response:
        """Try an account on a CVAT server and store an access for the other calls. An access that
        is stored for the same CVAT user and still works is kept."""
        form = serializers.TestConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        connected = services.connect(owner=request.user, **form.validated_data)
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
    @takes(body=draw_serializers.SourceSerializer, responses=serializers.CatalogAnswer)
    def post(self, request: SignedInApiRequest) -> Response:
        """Every frame of a task or a job that can be chosen."""
        form = draw_serializers.SourceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        connection = services.find_connection(
            user=request.user, connection_id=data.get("connection")
        )
        catalog = services.load_catalog(
            connection=connection,
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
        )
        return Response(
            {
                "success": True,
                "connection": connection.pk,
                "images": [image(frame) for frame in catalog.frames],
                "count": len(catalog.frames),
                "source": "job" if data.get("job_id") else "task",
                "task_id": catalog.task_id,
                "task_name": catalog.task_name,
                "mode": catalog.mode,
                "jobs": serializers.JobSerializer(catalog.jobs, many=True).data,
                "deleted_count": catalog.deleted_count,
                "honeypot_count": catalog.honeypot_count,
            }
        )


class SchemaFormat(DefaultContentNegotiation):
    """Reads `?format=`, which the rest of the API refuses as unknown."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE="format")  # type: ignore[assignment]


class SchemaView(StrictView, SpectacularAPIView):
    content_negotiation_class = SchemaFormat

    @takes(query=serializers.SchemaQuerySerializer, exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The OpenAPI schema of the API."""
        answer: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return answer


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


class ConnectionFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
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
        connected = services.connect(owner=request.user, **form.validated_data)
        answer = self.get_serializer(connected.connection).data | {"notice": connected.notice}
        return Response(answer, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Connection) -> None:
        services.disconnect(connection=instance)


class NotByToken(BasePermission):
    """A leaked API token must not be able to make itself successors."""

    message = "API tokens are managed by signed-in people, not by API tokens."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return not isinstance(request.auth, ApiToken)


class ApiTokenViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[ApiToken],
):
    serializer_class = serializers.ApiTokenSerializer
    queryset = ApiToken.objects.none()
    lookup_value_regex = IDS
    permission_classes = [IsAuthenticated, NotByToken]

    def get_queryset(self) -> ApiTokenQuerySet:
        return ApiToken.objects.for_user(self.request.user)

    @takes(body=serializers.NewApiTokenSerializer, responses={201: serializers.NewApiTokenAnswer})
    @sensitive_variables()
    def create(self, request: SignedInApiRequest) -> Response:
        """A new token. `value` is in this answer and nowhere else."""
        form = serializers.NewApiTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token, value = ApiToken.objects.issue(owner=request.user, **form.validated_data)
        answer = self.get_serializer(token).data | {"value": value}
        return Response(answer, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        services.revoke_token(token=instance)
