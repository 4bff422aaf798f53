"""Work over many rows that must not stop at one of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import Model

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=Model)


def for_each(rows: Iterable[M], do: Callable[[M], object]) -> None:
    """Call `do` for each row; a row that fails is logged, and the next one follows."""
    for row in rows:
        try:
            do(row)
        except Exception:  # the edge of the worker: a storage or a row may fail in any way
            logger.exception("housekeeping: %s %s failed, going on", type(row).__name__, row.pk)
