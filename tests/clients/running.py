"""The command in the process of the test."""

from __future__ import annotations

from click.testing import CliRunner, Result
from cvat_select.command import main


def run(*arguments: object, typed: str = "") -> Result:
    """`cvat-select` with these arguments and this on its standard input."""
    return CliRunner().invoke(main, [str(each) for each in arguments], input=typed)
