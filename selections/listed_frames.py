"""Read lists of frames: JSON, CSV or plain names. Pure.

Of each entry it is known where it stands, so that whoever wrote it can be told what is wrong.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cvat.frames import LARGEST_FRAME
from selections import spreadsheets

FORMAT = "cvat-image-selection"  # of the JSON that the portal writes
BYTE_ORDER_MARK = "\ufeff"  # at the beginning of what the portal writes for spreadsheets
LONGEST_TEXT = 200  # characters of an entry that are told
LARGEST_ID = 2**53 - 1
BRACKETS, FEW_BRACKETS = 5, 200_000  # in JSON: for each entry, names included; always allowed
COLUMNS = ("task_id", "job_id", "frame", "filename")


@dataclass(frozen=True, slots=True)
class ListedFrame:
    """An entry. `number` is that of its line, or of its place in JSON, from 1. `names` are what its
    file name may be, the likeliest first; `problem` says why it cannot be read."""

    number: int
    text: str
    task_id: int | None = None
    job_id: int | None = None
    frame: int | None = None
    names: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FrameList:
    """`url`, `name`, `note` and `draw` are those of the selection that the JSON was written from;
    empty for any other list."""

    frames: list[ListedFrame]
    url: str = ""
    name: str = ""
    note: str = ""
    draw: Mapping[str, Any] = field(default_factory=dict)


def read_list(text: str, *, most: int) -> FrameList:
    """Raises ValueError for JSON or CSV that cannot be read, that is no list of frames, or that has
    more than `most` entries: of these no more are read, for they take a hundred times their length
    in memory."""
    if text.lstrip(BYTE_ORDER_MARK).lstrip()[:1] in ("{", "["):
        return _of_json(text.lstrip(BYTE_ORDER_MARK), most)
    lines = text.removeprefix(BYTE_ORDER_MARK)
    if dialect := _dialect(lines):
        is_guarded = text.startswith(BYTE_ORDER_MARK)
        try:
            return FrameList(_bounded(_of_csv(lines, dialect, is_guarded=is_guarded), most))
        except csv.Error as error:
            raise ValueError(f"The list cannot be read as CSV: {error}.") from None
    return FrameList(_bounded(_of_names(lines), most))


def _bounded(entries: Iterator[ListedFrame], most: int) -> list[ListedFrame]:
    bounded = list(islice(entries, most + 1))
    if len(bounded) > most:
        raise ValueError(
            f"The list has more than {most:,} entries, and a selection may hold {most:,} frames. "
            "Make several."
        )
    return bounded


def _of_json(text: str, most: int) -> FrameList:
    if text.count("{") + text.count("[") > max(BRACKETS * most, FEW_BRACKETS):
        raise ValueError(f"The list is too large: a selection may hold {most:,} frames.")
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("The list cannot be read as JSON: it is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(
            f"The list begins like JSON, and cannot be read as such: {error}."
        ) from None
    if isinstance(document, list):
        document = {"frames": document}
    entries = document.get("frames")
    if not isinstance(entries, list):
        raise ValueError('The JSON has no list of frames: {"frames": [...]}.')
    frames = _bounded((_of_entry(*numbered) for numbered in enumerate(entries, start=1)), most)
    if document.get("format") != FORMAT:
        return FrameList(frames)
    draw = document.get("draw")
    if not is_text([document.get(name) for name in ("url", "name", "note", "draw")]):
        raise ValueError("Its name, note or draw has characters that are no text.")
    return FrameList(
        frames,
        **{name: str(document.get(name) or "") for name in ("url", "name", "note")},
        draw=draw if isinstance(draw, dict) else {},
    )


def is_text(value: Any) -> bool:
    """False for halves of surrogate pairs and NUL, which not every database stores."""
    text = json.dumps(value, ensure_ascii=False)
    return text == text.encode(errors="replace").decode() and "\\u0000" not in text


def _of_entry(number: int, entry: Any) -> ListedFrame:
    text = json.dumps(entry, ensure_ascii=False)[:LONGEST_TEXT]
    text = text.encode(errors="replace").decode()  # half a surrogate pair cannot be sent back
    if isinstance(entry, str):
        return ListedFrame(number, text, names=(entry,))
    if not isinstance(entry, dict):
        return ListedFrame(number, text, problem="It is neither a file name nor an object.")
    return _entry(number, text, {name: entry.get(name) for name in COLUMNS})


def _dialect(text: str) -> str:
    """The separator of CSV with a line of column names; "" for plain names."""
    first = text.partition("\n")[0].rstrip("\r")
    for separator in ",;\t":
        cells = {cell.strip().strip('"').lower() for cell in first.split(separator)}
        if cells & {"filename", "frame"} and (len(cells) > 1 or cells == {"filename"}):
            return separator
    return ""


def _of_csv(text: str, separator: str, *, is_guarded: bool) -> Iterator[ListedFrame]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [cell.strip().lower() for cell in next(reader)]
    number = reader.line_num + 1
    for row in reader:
        if any(cell.strip() for cell in row):
            line = separator.join(row)[:LONGEST_TEXT]
            cells: dict[str, Any] = dict(zip(columns, row, strict=False))
            yield _entry(number, line, cells, is_guarded=is_guarded)
        number = reader.line_num + 1


def _entry(
    number: int, text: str, cells: Mapping[str, Any], *, is_guarded: bool | None = None
) -> ListedFrame:
    """The entry with these cells; `is_guarded` None: not of a spreadsheet."""
    name = cells.get("filename")
    if name is not None and not isinstance(name, str):
        return ListedFrame(number, text, problem="Its file name is no text.")
    names: tuple[str, ...] = (name,) if name else ()
    if name and is_guarded is not None and (plain := spreadsheets.unguarded(name)) != name:
        names = (plain, name) if is_guarded else (name, plain)
    limits = {"task_id": (1, LARGEST_ID), "job_id": (1, LARGEST_ID), "frame": (0, LARGEST_FRAME)}
    numbers: dict[str, int | None] = {}
    for column, (least, most) in limits.items():
        value = cells.get(column)
        if isinstance(value, str):
            value = _number(value.strip())
        if value in (None, ""):
            numbers[column] = None
        elif type(value) is int and least <= value <= most:
            numbers[column] = value
        else:
            return ListedFrame(number, text, problem=f"Its {column} is no number that can be.")
    if not names and numbers["frame"] is None:
        return ListedFrame(number, text, problem="It has neither a file name nor a frame.")
    return ListedFrame(
        number,
        text,
        names=names,
        job_id=numbers["job_id"],
        task_id=numbers["task_id"],
        frame=numbers["frame"],
    )


def _number(text: str) -> int | str:
    """The text itself if it is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else text


def _of_names(text: str) -> Iterator[ListedFrame]:
    for number, line in enumerate(text.split("\n"), start=1):
        name = line.removesuffix("\r")
        if name.strip():
            names = tuple(dict.fromkeys((*_quoted(name), name, name.strip())))
            yield ListedFrame(number, name[:LONGEST_TEXT], names=names)


def name_line(name: str) -> str:
    """A file name as a line of its own: as it is, or in quotes as JSON has it where a line would
    not hold it, or a list that begins with it would look like JSON."""
    is_odd = name.startswith(('"', "[", "{", BYTE_ORDER_MARK))
    is_plain = name == name.strip() and not is_odd and "\n" not in name
    return name if is_plain else json.dumps(name, ensure_ascii=False)


def _quoted(line: str) -> tuple[str, ...]:
    """The name that name_line() wrote in quotes."""
    if not line.startswith('"'):
        return ()
    try:
        name = json.loads(line)
    except ValueError:
        return ()
    return (name,) if isinstance(name, str) else ()
