"""Middleware: Content-Security-Policy, time zone, Retry-After, and the cookie of known browsers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.lockout import remember_browser

GetResponse = Callable[[HttpRequest], HttpResponse]

RETRY_SECONDS = 2


class ContentSecurityPolicyMiddleware:
    """Sends the policy of settings.SECURE_CSP; Django 6 will have its own middleware for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = "; ".join(
            f"{directive} {' '.join(sources)}" for directive, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class TimeZoneMiddleware:
    """Shows times on pages in the zone of the cookie that the browser sends, or else TIME_ZONE. The
    API always uses TIME_ZONE."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("timezone", "")
        is_known = name in known_zones() and not request.path_info.startswith("/api/")
        with timezone.override(ZoneInfo(name) if is_known else None):
            return self.get_response(request)


@cache
def known_zones() -> frozenset[str]:
    """Names of zones. No other name from a cookie is used to read a file."""
    return frozenset(available_timezones())


class RetryAfterMiddleware:
    """Adds Retry-After to every 503."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
        return response


class KnownBrowserMiddleware:
    """Sets the cookie of known browsers after a sign-in, on the admin site as well."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        username = getattr(request, "signed_in_as", None)
        if username is not None:
            remember_browser(request, response, username)
        return response
