"""Which path is answered by what. Anything else is the 404 page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from standin import (
    accounts,
    catalogue,
    data,
    exporting,
    ground_truth,
    issues,
    jobs,
    layouts,
    meta,
    pages,
    saving,
    server_info,
    tasks,
    uploading,
)
from standin.formats import formats
from standin.messages import Answer

Handler = Callable[..., Answer]

_ID = r"([^/]+)"


@dataclass(frozen=True)
class Route:
    """`allow` is what the Allow header lists, also for methods that the stand-in lacks.

    `public` lets anonymous callers in; `plain` skips authentication and negotiation. The ids in
    the path are numbers, unless `by_number` is false. With `only_reads`, read-only tokens may use
    all methods (cvat-api 11.3).
    """

    pattern: re.Pattern[str]
    methods: Mapping[str, Handler]
    allow: str
    public: bool = False
    plain: bool = False
    scheme: str = "Token"
    by_number: bool = True
    only_reads: bool = False


def _route(
    path: str,
    allow: str,
    *,
    public: bool = False,
    plain: bool = False,
    scheme: str = "Token",
    by_number: bool = True,
    only_reads: bool = False,
    **methods: Handler,
) -> Route:
    pattern = re.compile(path.replace("{id}", _ID) + r"\Z")
    return Route(pattern, methods, allow, public, plain, scheme, by_number, only_reads)


_LIST = "GET, POST, HEAD, OPTIONS"
_READ = "GET, HEAD, OPTIONS"
_ONE = "GET, PATCH, DELETE, HEAD, OPTIONS"
_META = "GET, PATCH, HEAD, OPTIONS"
_ANNOTATIONS = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"

ROUTES = [
    _route("/api/auth/login", "POST, OPTIONS", public=True, POST=accounts.login),
    _route("/api/auth/logout", _LIST, public=True, POST=accounts.logout),
    _route("/api/users/self", _READ, GET=accounts.user_self),
    _route("/api/users", _READ, GET=accounts.user_list),
    _route("/api/users/{id}", _ONE, GET=accounts.user_detail),
    _route("/api/server/about", _READ, public=True, GET=server_info.about),
    _route("/api/server/health/", _READ, plain=True, GET=server_info.health),
    _route("/api/server/plugins", _READ, GET=server_info.plugins),
    _route("/api/server/annotation/formats", _READ, GET=formats),
    _route(
        "/api/organizations",
        _LIST,
        GET=catalogue.organization_list,
        POST=catalogue.organization_create,
    ),
    _route("/api/organizations/{id}", _ONE, GET=catalogue.organization_detail),
    _route("/api/projects", _LIST, GET=catalogue.project_list, POST=catalogue.project_create),
    _route(
        "/api/projects/{id}",
        _ONE,
        GET=catalogue.project_detail,
        DELETE=catalogue.project_delete,
    ),
    _route("/api/projects/{id}/preview", _READ, GET=data.project_preview),
    _route("/api/tasks", _LIST, GET=tasks.task_list, POST=tasks.task_create),
    _route(
        "/api/tasks/{id}",
        _ONE,
        GET=tasks.task_detail,
        PATCH=tasks.task_change,
        DELETE=tasks.task_delete,
    ),
    _route("/api/tasks/{id}/annotations/?", _ANNOTATIONS, GET=tasks.task_annotations),
    _route("/api/tasks/{id}/status", _READ, GET=tasks.task_status_old),
    _route("/api/tasks/{id}/data/?", _LIST, GET=data.task_data, POST=uploading.task_data_upload),
    _route("/api/tasks/{id}/data/meta", _META, GET=meta.task_meta, PATCH=meta.task_meta_change),
    _route(
        "/api/tasks/{id}/data/{id}",
        "PATCH, HEAD, OPTIONS",
        by_number=False,
        GET=uploading.upload_offset,
        PATCH=uploading.upload_piece,
    ),
    _route(
        "/api/tasks/{id}/dataset/export",
        "POST, OPTIONS",
        only_reads=True,
        POST=exporting.task_export,
    ),
    _route("/api/tasks/{id}/dataset/download", _READ, GET=exporting.task_download),
    _route("/api/tasks/{id}/preview", _READ, GET=data.task_preview),
    _route(
        "/api/tasks/{id}/validation_layout",
        _META,
        GET=layouts.task_layout,
        PATCH=layouts.task_layout_change,
    ),
    _route("/api/jobs", _LIST, GET=jobs.job_list, POST=ground_truth.job_create),
    _route(
        "/api/jobs/{id}",
        _ONE,
        GET=jobs.job_detail,
        PATCH=jobs.job_change,
        DELETE=ground_truth.job_delete,
    ),
    _route("/api/jobs/{id}/data", _READ, GET=data.job_data),
    _route("/api/jobs/{id}/data/meta", _META, GET=meta.job_meta, PATCH=meta.job_meta_change),
    _route(
        "/api/jobs/{id}/annotations/?",
        _ANNOTATIONS,
        GET=jobs.job_annotations,
        PATCH=saving.job_annotations_change,
        PUT=saving.job_annotations_replace,
        DELETE=saving.job_annotations_delete,
    ),
    _route("/api/jobs/{id}/preview", _READ, GET=data.job_preview),
    _route(
        "/api/jobs/{id}/validation_layout",
        _META,
        GET=layouts.job_layout,
        PATCH=layouts.job_layout_change,
    ),
    _route("/api/issues", _LIST, GET=issues.issue_list, POST=issues.issue_create),
    _route("/api/issues/{id}", _ONE, PATCH=issues.issue_change),
    _route("/api/comments", _LIST, GET=issues.comment_list, POST=issues.comment_create),
    _route("/api/labels", _READ, GET=catalogue.label_list),
    _route("/api/requests/(.+)", _READ, by_number=False, GET=exporting.request_detail),
    _route(r"/(?:(?:tasks|projects|jobs)(?:/[\w/]*)?)?", _READ, plain=True, GET=pages.page),
]

# Servers before 2.48 do not know these (cvat-api 1.1).
ACCESS_TOKEN_ROUTES = [
    _route(
        "/api/auth/access_tokens",
        _LIST,
        GET=accounts.token_list,
        POST=accounts.token_create,
    ),
    _route("/api/auth/access_tokens/self", _READ, scheme="Bearer", GET=accounts.token_self),
    _route(
        "/api/auth/access_tokens/{id}",
        _ONE,
        GET=accounts.token_detail,
        PATCH=accounts.token_change,
        DELETE=accounts.token_revoke,
    ),
]


def find_route(path: str, access_tokens: bool) -> tuple[Route, tuple[str, ...]] | None:
    """The route for a path and the text of the ids in it."""
    for route in ROUTES + (ACCESS_TOKEN_ROUTES if access_tokens else []):
        match = route.pattern.match(path)
        if match is not None:
            return route, match.groups()
    return None
