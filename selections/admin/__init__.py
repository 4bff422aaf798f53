"""The admin site; Django loads this package."""

from selections.admin.archives import ArchiveAdmin
from selections.admin.people import PersonAdmin
from selections.admin.recipes import RecipeAdmin
from selections.admin.selections import SelectedFrameAdmin, SelectionAdmin

__all__ = ["ArchiveAdmin", "PersonAdmin", "RecipeAdmin", "SelectedFrameAdmin", "SelectionAdmin"]
