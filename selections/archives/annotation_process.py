"""A process of its own that writes the objects of pictures, so that the threads of the build which
fetch pictures need not wait for it: Python runs one thread of a process at a time. No Django.

Both ends are here: ProcessWriting in the build, `main` in the process. Commands and answers are
lines of JSON. The process ends when the build does, however that ends: its input is closed then.
"""

from __future__ import annotations

import errno
import io
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import msgspec

from cvat.annotations import Label, Labels
from selections.archives.annotation_writing import PictureLine, PictureWriter, Summary
from selections.formats import FORMATS
from selections.formats.format import AnnotatedTask, File, Format

_TOP = Path(__file__).parents[2]  # from where Python finds this module
_CONTENTS, _INDEX = "contents", "index"  # files of a part one after the other; their paths, sizes
_BUFFER = 2**13  # bytes of commands that are sent at once
_SMALL = 2**18  # bytes of a file that is held in memory
_STEP = 2**20


class _Task(msgspec.Struct):
    id: int
    name: str
    subset: str
    is_video: bool
    labels: list[Label]
    splits: tuple[str, ...]


def _described(task: AnnotatedTask) -> _Task:
    labels = list(task.labels)
    return _Task(task.id, task.name, task.subset, task.is_video, labels, task.splits)


def _task(described: _Task) -> AnnotatedTask:
    return AnnotatedTask(
        id=described.id,
        name=described.name,
        subset=described.subset,
        is_video=described.is_video,
        labels=Labels(described.labels),
        splits=described.splits,
    )


class _Start(msgspec.Struct, tag=True):
    format: str
    folder: str
    tasks: list[_Task]


class _Add(msgspec.Struct, tag=True):
    picture: PictureLine


class _EndPart(msgspec.Struct, tag=True):
    suffix: str


class _Summarize(msgspec.Struct, tag=True):
    pass


_Command = _Add | _EndPart | _Summarize


class _PartEnded(msgspec.Struct, tag=True):
    """The files of the part are in the folder."""


class _Summarized(msgspec.Struct, tag=True):
    summary: Summary


class _DiskFailed(msgspec.Struct, tag=True):
    errno: int
    message: str


_Answer = _PartEnded | _Summarized | _DiskFailed
A = TypeVar("A", _PartEnded, _Summarized)


class ProcessWriting:
    """A PictureWriting in a process of its own. Every method but `close` raises OSError if that
    process could not write its files, and RuntimeError if it has ended otherwise."""

    def __init__(self, format: Format, tasks: Sequence[AnnotatedTask], folder: Path) -> None:  # noqa: A002
        self._folder = folder
        self._process = subprocess.Popen(  # noqa: S603  (this module)
            [sys.executable, "-m", __name__],
            cwd=_TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=_BUFFER,
        )
        self._commands = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        self._send(_Start(format.key, str(folder), list(map(_described, tasks))))

    def add(self, picture: PictureLine) -> None:
        self._send(_Add(picture))

    def files(self, suffix: str) -> Iterator[File]:
        self._ask(_EndPart(suffix), _PartEnded)
        with (self._folder / _CONTENTS).open("rb") as contents:
            for path, size in _index(self._folder):
                is_small = size <= _SMALL
                yield File(path, io.BytesIO(contents.read(size)) if is_small else contents, size)

    def summary(self) -> Summary:
        return self._ask(_Summarize(), _Summarized).summary

    def close(self) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):  # of commands that were not sent yet
            self._commands.close()
        self._answers.close()
        self._process.wait()

    def _send(self, command: _Start | _Command) -> None:
        try:
            self._commands.write(_line(command))
        except BrokenPipeError:
            raise self._failure(self._answers.readline()) from None

    def _ask(self, command: _Command, kind: type[A]) -> A:
        try:
            self._send(command)
            self._commands.flush()
        except BrokenPipeError:
            pass  # the answer says why
        line = self._answers.readline()
        answer = _answer(line) if line else None
        if not isinstance(answer, kind):
            raise self._failure(line)
        return answer

    def _failure(self, line: bytes) -> OSError | RuntimeError:
        answer = _answer(line) if line else None
        if isinstance(answer, _DiskFailed):
            return OSError(answer.errno, answer.message)
        return RuntimeError("the process that writes annotations has ended")


_answer = msgspec.json.Decoder(_Answer).decode
_command = msgspec.json.Decoder(_Command).decode
_start = msgspec.json.Decoder(_Start).decode
_indexed = msgspec.json.Decoder(tuple[str, int]).decode


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _index(folder: Path) -> Iterator[tuple[str, int]]:
    with (folder / _INDEX).open("rb") as lines:
        yield from map(_indexed, lines)


# --- in the process ---


def main() -> None:
    """Obey the commands from the standard input; the answers go to the standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the build
    try:
        _obey(sys.stdin.buffer)
    except BrokenPipeError:
        pass  # the build has ended
    except OSError as error:
        _reply(_DiskFailed(error.errno or errno.EIO, error.strerror or str(error)))


def _obey(commands: BinaryIO) -> None:
    start = _start(commands.readline())
    folder = Path(start.folder)
    tasks = list(map(_task, start.tasks))
    with closing(PictureWriter(FORMATS[start.format], tasks, folder)) as writer:
        for line in commands:
            if not line.endswith(b"\n"):
                return  # the build was killed while it sent this
            command = _command(line)
            if isinstance(command, _Add):
                writer.add(command.picture)
            elif isinstance(command, _EndPart):
                _write_files(writer.files(command.suffix), folder)
                _reply(_PartEnded())
            else:
                _reply(_Summarized(writer.summary()))


def _write_files(files: Iterable[File], folder: Path) -> None:
    with (folder / _CONTENTS).open("wb") as contents, (folder / _INDEX).open("wb") as index:
        for file in files:
            index.write(_line((file.path, file.size)))
            remaining = file.size
            while remaining:
                block = file.content.read(min(remaining, _STEP))
                contents.write(block)
                remaining -= len(block)


def _reply(answer: _Answer) -> None:
    sys.stdout.buffer.write(_line(answer))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
