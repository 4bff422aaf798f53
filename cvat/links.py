"""Addresses of CVAT: of the server, of what people paste, of a frame in the editor. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import SplitResult, parse_qs, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_ID = 2**31 - 1  # ids are 32 bit integers in CVAT's database

# Paths that CVAT serves: an address copied from the browser is cut off at the first of these.
_OWN_PATHS = frozenset(
    """admin analytics api auth cloudstorages django-rq documentation invitations jobs models
    organizations profile projects requests settings tasks webhooks""".split()  # noqa: SIM905
)
_TARGET = re.compile(
    r"/(?:api/)?(?:projects/(?P<project>[0-9]+)"
    r"|tasks/(?P<task>[0-9]+)(?:/jobs/(?P<job>[0-9]+))?"
    r"|jobs/(?P<lone_job>[0-9]+))(?![0-9A-Za-z])"
)
_NUMBER = re.compile(r"(?:(task|job|project)\s*)?#?\s*([0-9]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"://|(?:^|/)(?:tasks|jobs|projects)/|^/.")
_LONGEST_ID = len(str(MAX_ID))

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::[0-9]+)?|[\w-]+:[0-9]+")
_AROUND = "<>\"'()[],;.\t\r\n "


class InvalidAddress(ValueError):
    """The text is not a usable address; `str(error)` says what to write instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a typed number or a pasted address names: a project, a task with perhaps a
    job and frame, or a bare `number`: that of a task or, without such a task, of a job."""

    task_id: int | None = None
    job_id: int | None = None
    frame: int | None = None
    project_id: int | None = None
    number: int | None = None


def normalize_url(text: str) -> str:
    """The address of a CVAT server as it is stored and compared: scheme and host in lower case,
    no default port, no trailing slash, no page of CVAT; a sub-path is kept.

    Raises InvalidAddress.
    """
    parts = _split(text.strip())
    port = "" if _port(parts) == DEFAULT_PORTS[parts.scheme] else f":{_port(parts)}"
    return f"{parts.scheme}://{_host(parts)}{port}{_sub_path(parts.path)}"


def parse(text: str, base_url: str) -> Target | None:
    """The object that "12", "#12", "job 34" or a pasted address names on a server; None for words
    to search by.

    Raises InvalidAddress for an address of another server than `base_url` and for one that names
    no object.
    """
    text = text.strip()
    numbered = _NUMBER.fullmatch(text)
    if numbered:
        kind, digits = numbered.groups()
        return Target(**{f"{kind.lower()}_id" if kind else "number": _id(digits)})
    if not _ADDRESS.search(text):
        return None
    pasted = re.search(r"[a-zA-Z]+://\S+", text)  # words around the address are ignored
    text = (pasted[0] if pasted else _with_scheme(text, base_url)).strip(_AROUND)
    if "://" in text:
        parts = _split(text)
        path = _path_on(parts, base_url)
    else:
        parts = urlsplit(text)
        path = "/" + parts.path.lstrip("/")
    match = _TARGET.match(path)
    if match is None:
        raise InvalidAddress(
            "This address names no task, job or project. Paste one such as "
            f"{base_url}/tasks/12 or {base_url}/tasks/12/jobs/34, or type the number of a task."
        )
    return Target(
        task_id=_id(match["task"]),
        job_id=_id(match["job"] or match["lone_job"]),
        frame=_frame(parts.query),
        project_id=_id(match["project"]),
    )


def parse_number(text: str, kind: str, *, least: int = 1) -> int:
    """The number in a field for one kind of thing: "12", "#12" or the kind and its number.

    Raises InvalidAddress.
    """
    numbered = re.fullmatch(rf"(?:{kind}\s*)?#?\s*([0-9]{{1,{_LONGEST_ID}}})", text, re.IGNORECASE)
    if numbered is None or not least <= int(numbered[1]) <= MAX_ID:
        raise InvalidAddress(f"“{text[:40]}” is not the number of a {kind}.")
    return int(numbered[1])


def task_link(base_url: str, task_id: int) -> str:
    """The address of the page of a task in CVAT."""
    return f"{base_url.rstrip('/')}/tasks/{task_id}"


def job_link(base_url: str, task_id: int, job_id: int) -> str:
    """The address of a job in CVAT's editor."""
    return f"{task_link(base_url, task_id)}/jobs/{job_id}"


def project_link(base_url: str, project_id: int) -> str:
    """The address of the page of a project in CVAT."""
    return f"{base_url.rstrip('/')}/projects/{project_id}"


def frame_link(base_url: str, task_id: int, job_id: int, frame: int) -> str:
    """The address of a task frame in CVAT's editor; the job must hold it (cvat-api 12.1)."""
    return f"{job_link(base_url, task_id, job_id)}?frame={frame}"


def _with_scheme(text: str, base_url: str) -> str:
    """The text with the scheme added to an address that a browser shows without http://."""
    base = urlsplit(base_url)
    for word in text.split():
        bare = word.lstrip(_AROUND.replace("[", ""))
        host, slash, _ = bare.lower().partition("/")
        if slash and (host in (base.netloc, base.hostname) or _HOST.fullmatch(host)):
            return f"{base.scheme}://{bare}"
    return text


def _split(text: str) -> SplitResult:
    if "://" not in text:
        raise InvalidAddress(
            f"Write the whole address with https:// (or http://) in front: https://{text[:100]}"
            if re.fullmatch(r"[\w.:/\[\]-]+", text)
            else "Write the whole address, such as https://cvat.example.com."
        )
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise InvalidAddress("The address contains a space or a character no address may have.")
    try:
        parts = urlsplit(text)
        _port(parts)
    except ValueError:
        raise InvalidAddress("This is not a valid address. Check the host and port.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidAddress("Only addresses with https:// or http:// can be used.")
    if "@" in parts.netloc:
        raise InvalidAddress("Leave user name and password out of the address.")
    if not re.fullmatch(r"[\w.:-]+", parts.hostname or ""):
        raise InvalidAddress("The address has no valid host, such as cvat.example.com.")
    return parts


def _port(parts: SplitResult) -> int:
    if parts.port is None:
        return DEFAULT_PORTS.get(parts.scheme, 0)
    return parts.port


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _sub_path(path: str) -> str:
    segments = filter(None, path.split("/"))
    below = takewhile(lambda segment: segment not in _OWN_PATHS, segments)
    return "".join(f"/{segment}" for segment in below)


def _path_on(parts: SplitResult, base_url: str) -> str:
    """The path below the base. http and https of one host count as the same server."""
    base = urlsplit(base_url)
    same_port = _port(parts) == _port(base) or {_port(parts), _port(base)} == {80, 443}
    base_path = base.path.rstrip("/")
    if parts.hostname != base.hostname or not same_port:
        raise InvalidAddress(
            f"This address is on {parts.netloc[:100]}, the connection is to {base.netloc}."
        )
    if base_path and not f"{parts.path}/".startswith(f"{base_path}/"):
        raise InvalidAddress(f"This address is not below {base_url}, the CVAT of the connection.")
    return parts.path[len(base_path) :]


def _id(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) > _LONGEST_ID or not 0 < int(text) <= MAX_ID:
        raise InvalidAddress(f"{text[:20]} cannot be the number of a task, job or project.")
    return int(text)


def _frame(query: str) -> int | None:
    match = re.match(r"[0-9]{1,10}", parse_qs(query).get("frame", [""])[0])
    return int(match[0]) if match else None
