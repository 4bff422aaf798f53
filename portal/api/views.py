"""Base classes of API views, and the views of the schema and of API tokens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.views import SpectacularAPIView
from rest_framework import mixins, status, viewsets
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api import serializers
from portal.api.parsers import BoundedFormParser, BoundedJSONParser
from portal.api.schema import MadeOnce
from portal.api.strict import StrictView, takes
from portal.models import ApiToken, ApiTokenQuerySet
from portal.services import tokens
from portal.signed_in import SignedInApiRequest

IDS = "[0-9]{1,18}"  # as many digits as always fit a 64 bit integer


class AlwaysJson(BaseContentNegotiation):
    """Answers JSON whatever the client accepts: a client that accepts application/zip, which no
    renderer of DRF makes, gets errors as JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class SpecifiedView(StrictView, APIView):
    """One of the four endpoints of the specification, with its own shape of errors.

    They accept forms as well as JSON, because people try `curl -d task_id=12 -d count=10`.
    """

    is_specified = True
    parser_classes = [BoundedJSONParser, BoundedFormParser]
    content_negotiation_class = AlwaysJson


class SchemaFormat(DefaultContentNegotiation):
    """Reads `?format=`, which the rest of the API refuses as unknown."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE="format")  # type: ignore[assignment]


class SchemaView(StrictView, SpectacularAPIView):
    content_negotiation_class = SchemaFormat
    generator_class = MadeOnce

    @takes(query=serializers.SchemaQuerySerializer, exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The OpenAPI schema of the API."""
        answer: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return answer


class NotByToken(BasePermission):
    """Refuses API tokens, so that a leaked one cannot create others."""

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
        token, value = tokens.issue(owner=request.user, **form.validated_data)
        answer = self.get_serializer(token).data | {"value": value}
        return Response(answer, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        tokens.revoke(token=instance)
