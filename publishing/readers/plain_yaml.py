"""Reads YAML within limits: no aliases, no depth, every scalar as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from publishing.readers.reading import BadFile

LARGEST = 2**20  # bytes
DEEPEST = 4
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it is ten times as fast


def read(data: bytes, *, path: str) -> Any:
    """Dicts with text as keys, lists and text; `path` names the file. Raises BadFile.

    It is built from the events of the parser: with a loader, a few lines of aliases or brackets
    take all memory or end the process.
    """
    if len(data) > LARGEST:
        raise BadFile(f"{path} is larger than {LARGEST // 2**10} KB.")
    try:
        events = yaml.parse(data, Loader=_LOADER)
        return _document(events, path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f", in line {line + 1}"
        raise BadFile(f"{path} is no well-formed YAML{where}. Export it again.") from None


def _document(events: Iterator[Any], path: str) -> Any:
    for event in events:
        if not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            return _value(event, events, path, DEEPEST)
    return None


def _value(event: Any, events: Iterator[Any], path: str, room: int) -> Any:
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if isinstance(event, yaml.AliasEvent) or not room:
        raise BadFile(f"{path} has aliases, or is nested too deeply. Write it out in full.")
    if isinstance(event, yaml.SequenceStartEvent):
        return list(_values(events, yaml.SequenceEndEvent, path, room))
    if isinstance(event, yaml.MappingStartEvent):
        values = _values(events, yaml.MappingEndEvent, path, room)
        pairs = list(zip(values, values, strict=True))
        if not all(isinstance(key, str) for key, _ in pairs):
            raise BadFile(f"{path} has a key that is no text.")
        return dict(pairs)
    return None  # the end of a document without anything in it


def _values(events: Iterator[Any], end: type[Any], path: str, room: int) -> Iterator[Any]:
    for event in events:
        if isinstance(event, end):
            return
        yield _value(event, events, path, room - 1)
