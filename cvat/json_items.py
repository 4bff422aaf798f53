"""Read the lists of a large JSON object item by item, without holding all of it in memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from cvat.exceptions import CvatBroken

BLOCK = 2**20  # bytes read at a time
LONGEST_ITEM = 2**23  # characters of one item of a list
SHORT = 2**12  # characters of an item that is read by the quick way

UNREADABLE = object()  # stands for an item that is too long, too deeply nested, or has a number of
# thousands of digits

_SPACES = " \t\n\r"
_SPACE = re.compile(f"[{_SPACES}]*")
_MARK = re.compile(r'["\\\[\]{}]')
_MAY_GO_ON = ("", ".", "e", "E")
_BETWEEN = "},{"  # two items
Decode = Callable[[str], Any]
_decode = json.JSONDecoder().raw_decode


def items(
    file: BinaryIO, *, keys: Collection[str], typed: Mapping[str, Decode] | None = None
) -> Iterator[tuple[str, Any]]:
    """Each item of the lists under `keys` of the JSON object in the file, with its key, in the
    order of the file; UNREADABLE in place of one that cannot be held. Raises CvatBroken for
    anything but a JSON object.

    `typed`: for a key the decoder of msgspec that reads most of its short items, in half the time.
    An item that it refuses with a ValidationError is a dict, as without it."""
    try:
        yield from _items(_Text(file), keys, typed or {})
    except (ValueError, RecursionError):
        raise CvatBroken("CVAT sent JSON that cannot be read.") from None


def _items(
    text: _Text, keys: Collection[str], typed: Mapping[str, Decode]
) -> Iterator[tuple[str, Any]]:
    text.take("{")
    separator = "" if text.peek() != "}" else text.take("}")
    while separator != "}":
        key = text.value()
        text.take(":")
        if key in keys and text.peek() == "[":
            for item in _list(text, typed.get(key, msgspec.json.decode)):
                yield key, item
        else:
            text.value()
        separator = text.take(",}")
    if text.peek():
        raise ValueError("text after the object")


def _list(text: _Text, decode: Decode) -> Iterator[Any]:
    text.take("[")
    separator = "" if text.peek() != "]" else text.take("]")
    while separator != "]":
        try:
            short = text.short_object(decode)
            item = text.value() if short is None else short
        except _CannotHold:
            text.skip()
            item = UNREADABLE
        yield item
        separator = text.take(",]")


class _CannotHold(ValueError):
    """A value that is longer than LONGEST_ITEM, or that Python refuses for its contents."""


class _Text:
    """The characters of a file from a position on, of which a few blocks are in memory. Every
    method raises ValueError where the text is not what it should be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._is_complete = False
        self._are_short = True  # the items so far, see short_object

    def peek(self) -> str:
        """The next character that is not a space; "" at the end."""
        character = self._text[self._at : self._at + 1]
        if character and character not in _SPACES:  # mostly: CVAT sends no spaces
            return character
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or self._is_complete:
                return self._text[self._at : self._at + 1]
            self._read(BLOCK)

    def take(self, expected: str) -> str:
        """The next character, which must be one of those expected."""
        character = self.peek()
        if not character or character not in expected:
            raise ValueError("an unexpected character")
        self._at += 1
        return character

    def value(self) -> Any:
        """The next JSON value. After _CannotHold it can be skipped."""
        self.peek()
        size = BLOCK
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._is_complete:
                    raise
                if len(self._text) - self._at > LONGEST_ITEM:
                    raise _CannotHold from None
            except (ValueError, RecursionError):
                raise _CannotHold from None
            else:
                # A number may go on in the next block: 12, 12.5, 12e5.
                if self._is_complete or self._text[end : end + 1] not in _MAY_GO_ON:
                    self._at = end
                    return value
            self._read(size)
            size *= 2  # a long item is decoded again a few times only

    def short_object(self, decode: Decode) -> Any:
        """The next value if it is an object that ends at the next "},{", as most items of a list
        do: msgspec reads it in a third of the time. Else None, and nothing is taken. After the
        first one that is longer, or has objects in it, no more is tried."""
        self.peek()
        if not self._are_short or self._text[self._at : self._at + 1] != "{":
            return None
        end = self._text.find(_BETWEEN, self._at, self._at + SHORT) + 1
        if not end:
            self._are_short = len(self._text) - self._at < SHORT  # it may end in the next block
            return None
        text = self._text[self._at : end]
        try:
            item = _decoded(text, decode)
        except (ValueError, RecursionError):
            self._are_short = False
            return None
        self._at = end
        return item

    def skip(self) -> None:
        """Go behind the next value: an object, a list or a text."""
        depth, in_text = 0, False
        while True:
            match = _MARK.search(self._text, self._at)
            if match is None:
                self._at = len(self._text)
                self._read_more(BLOCK)
                continue
            self._at = match.end()
            mark = match.group()
            if mark == "\\":
                if self._at == len(self._text):
                    self._read_more(BLOCK)
                self._at += 1
            elif mark == '"':
                in_text = not in_text
            elif not in_text:
                depth += 1 if mark in "[{" else -1
            if not depth and not in_text:
                return

    def _read_more(self, size: int) -> None:
        if self._is_complete:
            raise ValueError("no end of a value")
        self._read(size)

    def _read(self, size: int) -> None:
        block = self._file.read(size)
        self._is_complete = not block
        self._text = self._text[self._at :] + self._decoder.decode(block, final=not block)
        self._at = 0


def _decoded(text: str, decode: Decode) -> Any:
    try:
        return decode(text)
    except msgspec.ValidationError:
        return msgspec.json.decode(text)
