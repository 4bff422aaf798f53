"""Reads XML element by element, within limits: no entities, no depth, no flood of elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from publishing.readers.reading import BadFile

NO_XML = "It is no well-formed XML: {problem}, in line {line}. Export it again."
DOCTYPE = "It declares entities (DOCTYPE), which no export of CVAT does. Export it again."
MOST_ELEMENTS = 500_000  # in all of its pictures
LONGEST_TEXT = 100_000  # characters
DEEPEST = 12


@dataclass(slots=True)
class Element:
    name: str
    values: Mapping[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def named(self, name: str) -> Iterator[Element]:
        return (each for each in self.children if each.name == name)

    def text_of(self, name: str, default: str = "") -> str:
        """The text of the first child of this name."""
        return next((each.text.strip() for each in self.named(name)), default)


class ElementParser:
    """Gives each finished element of one name, and forgets it. `refused` leads from the names of
    elements below the root that do not belong in the file to what is said of it."""

    def __init__(
        self,
        name: str,
        take: Callable[[Element], None],
        *,
        root: str,
        refused: Mapping[str, str],
    ) -> None:
        self._name = name
        self._take = take
        self._root = root
        self._refused = refused
        self._open: list[Element] = []
        self._room = MOST_ELEMENTS
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = _refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data

    def parse(self, data: bytes) -> None:
        """Raises BadFile."""
        try:
            self._expat.Parse(data, True)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            raise BadFile(NO_XML.format(problem=problem, line=error.lineno)) from None

    def _start(self, name: str, values: dict[str, str]) -> None:
        line = self._expat.CurrentLineNumber
        if not self._open and name != self._root:
            raise BadFile(f"It begins with <{name[:40]}>, not with <{self._root}>.")
        is_inside = self._is_inside()
        if len(self._open) >= DEEPEST:
            raise BadFile(f"Its elements are nested too deeply, in line {line}.")
        if len(self._open) == 1 and name in self._refused:
            raise BadFile(self._refused[name])
        self._room -= is_inside
        if self._room < 0:
            raise BadFile(f"It has more than {MOST_ELEMENTS:,} objects and attributes. Divide it.")
        element = Element(name, values, line)
        if is_inside:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _data(self, text: str) -> None:
        if not self._is_inside():
            return
        element = self._open[-1]
        element.text += text
        if len(element.text) > LONGEST_TEXT:
            raise BadFile(f"It has a very long text in line {element.line}.")

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if name == self._name and not self._is_inside():
            self._take(element)

    def _is_inside(self) -> bool:
        """Whether an element of that name is open; it may hold others of its name."""
        return any(each.name == self._name for each in self._open)


def _refuse_doctype(*_: object) -> None:
    raise BadFile(DOCTYPE)
