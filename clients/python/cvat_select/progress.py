"""Progress bars on a terminal; nothing where standard error goes to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from cvat_select.answers import Archive


@contextmanager
def of_build() -> Iterator[Callable[[Archive], None]]:
    """Shows how many frames of an archive are built."""
    with tqdm(desc="Building", unit=" frames", disable=None, leave=False) as bar:

        def show(archive: Archive) -> None:
            bar.total = archive["frames_total"]
            bar.set_postfix_str(archive["waiting_for"], refresh=False)
            bar.update(archive["frames_done"] - bar.n)

        yield show


@contextmanager
def of_download() -> Iterator[Callable[[str, int, int], None]]:
    """Shows how many bytes of each ZIP are here."""
    with tqdm(unit="B", unit_scale=True, unit_divisor=1024, disable=None, leave=False) as bar:

        def show(name: str, received: int, size: int) -> None:
            bar.set_description_str(name, refresh=False)
            bar.total = size
            bar.update(received - bar.n)

        yield show


@contextmanager
def of_upload() -> Iterator[Callable[[int, int], None]]:
    """Shows how many bytes are on the portal."""
    settings = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
    with tqdm(desc="Uploading", **settings, disable=None, leave=False) as bar:

        def show(received: int, size: int) -> None:
            bar.total = size
            bar.update(received - bar.n)

        yield show
