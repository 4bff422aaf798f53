"""What the commands share: the portal they are connected to, and what they write."""

from __future__ import annotations

from collections.abc import Iterable

import click

from cvat_select import account
from cvat_select.portal import Portal

# Exit code: done, but without some frames or files.
INCOMPLETE = 3


def connected_portal() -> Portal:
    """The portal of the account. Raises Error."""
    return Portal(*account.load(), on_wait=say)


def say(sentence: str) -> None:
    """To standard error: standard output is for what scripts read."""
    click.echo(sentence, err=True)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Columns separated by tabs, written as the rows come."""
    click.echo("\t".join(head))
    for row in rows:
        # A name may hold anything.
        click.echo("\t".join(" ".join(str(cell).split()) for cell in row))
