"""What people chose, and what is built from it."""

from selections.models.archive import Archive, ArchivePart, ArchiveQuerySet
from selections.models.selection import SelectedFrame, Selection, SelectionQuerySet

__all__ = [
    "Archive",
    "ArchivePart",
    "ArchiveQuerySet",
    "SelectedFrame",
    "Selection",
    "SelectionQuerySet",
]
