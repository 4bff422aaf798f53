"""Selections, recipes, and the archives built from selections."""

from selections.models.archive import Archive
from selections.models.archive_files import ArchivePart, UnlinkedFile
from selections.models.archive_options import (
    ArchiveOptions,
    DeletedFrames,
    EmptyFrames,
    Quality,
    VideoFormat,
)
from selections.models.archive_queries import ArchiveQuerySet, ArchiveStatus
from selections.models.frame_sets import FrameSet
from selections.models.mark import FrameMark
from selections.models.notices import Notice, NoticeQuerySet, RecipeNotices
from selections.models.recipe import Recipe, RecipeQuerySet
from selections.models.revision import Revision
from selections.models.selected import SelectedFrame, SelectedTask
from selections.models.selection import Selection
from selections.models.selection_queries import SelectionQuerySet
from selections.models.share import RecipeShare, RecipeShareQuerySet, Share, ShareQuerySet
from selections.models.source import SelectionSource

__all__ = [
    "Archive",
    "ArchiveOptions",
    "ArchivePart",
    "ArchiveQuerySet",
    "ArchiveStatus",
    "DeletedFrames",
    "EmptyFrames",
    "FrameMark",
    "FrameSet",
    "Notice",
    "NoticeQuerySet",
    "Quality",
    "Recipe",
    "RecipeNotices",
    "RecipeQuerySet",
    "RecipeShare",
    "RecipeShareQuerySet",
    "Revision",
    "SelectedFrame",
    "SelectedTask",
    "Selection",
    "SelectionQuerySet",
    "SelectionSource",
    "Share",
    "ShareQuerySet",
    "UnlinkedFile",
    "VideoFormat",
]
