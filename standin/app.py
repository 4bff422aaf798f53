"""Answers a request, with the checks in the order of CVAT."""

from __future__ import annotations

import logging

from standin.auth import SAFE_METHODS, authenticate, unauthorized
from standin.messages import (
    CVAT_JSON,
    Answer,
    Refusal,
    Request,
    ServerError,
    browsable,
    forbidden,
    not_found_page,
    server_error_page,
)
from standin.routes import Route, find_route
from standin.site import Site

log = logging.getLogger(__name__)


def respond(request: Request, site: Site) -> Answer:
    """Never raises: errors of CVAT and errors of the stand-in become the 500 page."""
    match = find_route(request.path, site.access_tokens)
    if match is None:
        return not_found_page()
    route, texts = match
    try:
        answer = _handle(request, site, route, texts)
    except Refusal as refusal:
        answer = refusal.answer
    except ServerError:
        return server_error_page()
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return server_error_page()
    if not route.plain:
        answer.headers.append(("Allow", route.allow))
    return browsable(answer) if _prefers_html(request) else answer


def _handle(request: Request, site: Site, route: Route, texts: tuple[str, ...]) -> Answer:
    if not route.plain:
        _negotiate(request)
        authenticate(request, site)
        _admit(request, site, route)
    method = "GET" if request.method == "HEAD" else request.method
    handler = route.methods.get(method)
    if handler is None:
        return _without_handler(request, route)
    if not route.plain:
        _set_organization(request, site)
    ids = [_number(text) for text in texts] if route.by_number else texts
    return handler(request, site, *ids)


def _prefers_html(request: Request) -> bool:
    first = request.headers.get("Accept", "").split(",")[0]
    return first.split(";")[0].strip() == "text/html"


def _number(text: str) -> int:
    if not text.isdigit():
        raise Refusal(404, {"detail": "Not found."})
    return int(text)


def _negotiate(request: Request) -> None:
    """cvat-api 2.2: `application/json` is not accepted anywhere."""
    accepted = [part.strip() for part in request.headers.get("Accept", "*/*").split(",")]
    for part in accepted:
        kind, *parameters = [piece.strip() for piece in part.split(";")]
        if kind in ("*/*", "application/*", "", CVAT_JSON, "text/html"):
            versions = [p[8:] for p in parameters if p.startswith("version=")]
            if versions and versions != ["2.0"]:
                raise Refusal(406, {"detail": 'Invalid version in "Accept" header.'})
            return
    raise Refusal(406, {"detail": "Could not satisfy the request Accept header."})


def _admit(request: Request, site: Site, route: Route) -> None:
    """Refuse anonymous callers of closed routes, and writes with a read-only token. As in Django
    REST framework, refusals are not throttled."""
    if request.user is None:
        if not route.public:
            text = "Authentication credentials were not provided."
            raise unauthorized(text, route.scheme)
        site.throttle.check(request.client)
        return
    writes = request.method not in SAFE_METHODS and not (route.public or route.only_reads)
    if writes and request.token is not None and request.token.read_only:
        raise forbidden()


def _without_handler(request: Request, route: Route) -> Answer:
    """405, or the 404 page for what CVAT has and the stand-in has not."""
    if request.method in [name.strip() for name in route.allow.split(",")]:
        if request.method == "OPTIONS":
            return Answer(200, b"{}")
        if request.method != "GET":
            return not_found_page()
    raise Refusal(405, {"detail": f'Method "{request.method}" not allowed.'})


def _set_organization(request: Request, site: Site) -> None:
    """cvat-api 3.2: `org`, the header, or `org_id`."""
    slug, header = request.query.get("org"), request.headers.get("X-Organization")
    number = request.query.get("org_id")
    if number is not None and (slug is not None or header is not None):
        text = (
            'You cannot specify "org_id" query parameter with "org" query parameter '
            'or "X-Organization" HTTP header at the same time.'
        )
        raise Refusal(400, [text])
    if slug is not None and header is not None and slug != header:
        text = (
            'You cannot specify "org" query parameter and "X-Organization" HTTP header '
            "with different values."
        )
        raise Refusal(400, [text])
    wanted = slug if slug is not None else header
    if number is not None:
        _find_organization(request, site, number, int_id=_org_id(number))
    elif wanted:
        _find_organization(request, site, wanted)
    elif wanted is not None:
        request.personal = True


def _org_id(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ServerError("org_id is not a number") from error


def _find_organization(request: Request, site: Site, name: str, int_id: int | None = None) -> None:
    for organization in list(site.world.organizations.values()):
        if int_id == organization.id if int_id is not None else name == organization.slug:
            request.organization = organization
            return
    raise Refusal(404, {"detail": f"{name} organization does not exist."})
