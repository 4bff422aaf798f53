"""Middleware that answers errors below /api/ as JSON where Django answers HTML."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from portal.api.errors import DATABASE_BUSY, shape

MESSAGES = {
    400: ("bad_request", "The portal cannot read this request."),
    403: ("forbidden", "The portal does not allow this request."),
    404: ("not_found", "There is nothing at this address of the API."),
    405: (
        "method_not_allowed",
        "This address does not take this method; Allow names those it does.",
    ),
    412: (
        "precondition_failed",
        "The file is not the one that If-Match names. Download it again from its beginning.",
    ),
    416: ("range_not_satisfiable", "The file is shorter than the range asked for."),
    429: (
        "too_many_attempts",
        "Too many sign-ins have failed. Wait some minutes, then try again with the right password.",
    ),
    500: (
        "server_error",
        "The portal failed at this request. Try again; if it fails again, tell whoever runs the "
        "portal what was asked and when.",
    ),
    503: ("database_busy", DATABASE_BUSY),
}
BODY_HEADERS = {"content-type", "content-length", "content-language", "content-encoding"}


class ApiErrorsMiddleware:
    """The first middleware, so that it sees the answers of all others and of Django itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_error = response.status_code >= 400
        if is_error and _is_of_api(request) and not _is_json(response):
            return _as_json(request, response)
        return response


def _is_of_api(request: HttpRequest) -> bool:
    return request.path_info == "/api" or request.path_info.startswith("/api/")


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0] == "application/json"


def _as_json(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    status = response.status_code
    code, message = MESSAGES.get(status, ("error", f"{HTTPStatus(status).phrase}."))
    headers = {
        name: value for name, value in response.headers.items() if name.lower() not in BODY_HEADERS
    }
    answer = JsonResponse(
        shape(code, message, is_specified=_is_specified(request)), status=status, headers=headers
    )
    answer.cookies = response.cookies
    return answer


def _is_specified(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(getattr(view, "cls", None), "is_specified", False)
