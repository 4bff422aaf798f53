"""What answers of the portal get: a Content-Security-Policy, the reader's time zone, Retry-After,
and the cookie of browsers in which a person has signed in."""

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
    """The policy of settings.SECURE_CSP, until Django's own middleware (6.0) takes over."""

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
    """Pages and the admin site show times in the zone that the browser names in a cookie, else in
    settings.TIME_ZONE. The API answers in settings.TIME_ZONE, whatever the cookie says."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("timezone", "")
        is_known = name in known_zones() and not request.path_info.startswith("/api/")
        with timezone.override(ZoneInfo(name) if is_known else None):
            return self.get_response(request)


@cache
def known_zones() -> frozenset[str]:
    """Names of zones; nothing else from a cookie is looked for on the disk."""
    return frozenset(available_timezones())


class RetryAfterMiddleware:
    """Retry-After on every 503, of pages, parts of pages and the API alike."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
        return response


class KnownBrowserMiddleware:
    """Marks the browser of whoever has just signed in, by form or on the admin site."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        username = getattr(request, "signed_in_as", None)
        if username is not None:
            remember_browser(request, response, username)
        return response
