"""Requests and answers, as the handlers of all routes use them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from standin.model import AccessToken, Organization, User

CVAT_JSON = "application/vnd.cvat+json"
HTML = "text/html; charset=utf-8"

_PAGE = """
<!doctype html>
<html lang="en">
<head>
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1><p>{text}</p>
</body>
</html>
"""


class Headers(Mapping[str, str]):
    """Headers by name, whatever its case; of repeated ones the last."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values = {name.lower(): value for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


@dataclass
class Request:
    """One request; `path` without the prefix, `query` with the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    client: str
    base: str = ""
    user: User | None = None
    token: AccessToken | None = None
    scheme: str = ""
    organization: Organization | None = None
    personal: bool = False

    def json(self) -> Any:
        """The body as JSON; an empty one counts as {}. Raises Refusal 400 or 415."""
        kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if not self.body:
            return {}
        if kind not in ("application/json", CVAT_JSON):
            message = f'Unsupported media type "{kind}" in request.'
            raise Refusal(415, {"detail": message})
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, {"detail": f"JSON parse error - {error}"}) from error

    @property
    def account(self) -> User:
        """The user who sent the request. Not for public routes, which have anonymous callers."""
        if self.user is None:
            raise Refusal(401, {"detail": "Authentication credentials were not provided."})
        return self.user


@dataclass
class Answer:
    """An answer, before it is sent."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = CVAT_JSON
    headers: list[tuple[str, str]] = field(default_factory=list)


class Refusal(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(f"{status}: {body}")
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self.answer = json_answer(body, status=status, headers=named)


class ServerError(Exception):
    """CVAT would fail here with its HTML page (cvat-api 10.3)."""


def dump(value: Any) -> bytes:
    """JSON the way CVAT writes it: compact, unescaped UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(
    value: Any, status: int = 200, headers: list[tuple[str, str]] | None = None
) -> Answer:
    return Answer(status, dump(value), CVAT_JSON, list(headers or []))


def browsable(answer: Answer) -> Answer:
    """cvat-api 2.7: who asks for HTML first gets JSON as a page, errors included."""
    if answer.content_type != CVAT_JSON:
        return answer
    text = "<pre>" + escape(answer.body.decode()) + "</pre>"
    body = _PAGE.format(title="Stand-in for CVAT", text=text).encode()
    return Answer(answer.status, body, HTML, answer.headers)


def not_found_page() -> Answer:
    text = "The requested resource was not found on this server."
    return Answer(404, _PAGE.format(title="Not Found", text=text).encode(), HTML)


def server_error_page() -> Answer:
    return Answer(500, _PAGE.format(title="Server Error (500)", text="").encode(), HTML)


def forbidden() -> Refusal:
    return Refusal(403, {"detail": "You do not have permission to perform this action."})


def missing(kind: str) -> Refusal:
    return Refusal(404, {"detail": f"No {kind} matches the given query."})
