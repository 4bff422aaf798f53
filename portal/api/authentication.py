"""Authentication by API token: `Authorization: Bearer cis_...` or `Token cis_...`."""

from __future__ import annotations

from django.contrib.auth.models import User
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from portal.models import ApiToken


class ApiTokenAuthentication(BaseAuthentication):
    """Authenticates a request with an API token as the owner of the token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "token"}:
            return None
        token = ApiToken.objects.find(value.strip())
        if token is None:
            raise AuthenticationFailed("This API token is unknown, expired or revoked.")
        if token.read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This API token may only read.")
        token.touch()
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes API tokens in the OpenAPI schema."""

    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "cis_..."}
