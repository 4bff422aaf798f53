"""What a user wants of selections and archives. Every rule about them is here, once."""

from selections.removal import delete_selection
from selections.services.building import cancel_archive, request_archive, retry_archive
from selections.services.changing import name_to_pass_on, note_origin, replace_selection
from selections.services.deletions import Deletions, find_deleted
from selections.services.drawing import draw
from selections.services.keeping import (
    Choice,
    copy_selection,
    create_random_selection,
    create_selection,
    update_selection,
)
from selections.services.limits import check_may_build

__all__ = [
    "Choice",
    "Deletions",
    "cancel_archive",
    "check_may_build",
    "copy_selection",
    "create_random_selection",
    "create_selection",
    "delete_selection",
    "draw",
    "find_deleted",
    "name_to_pass_on",
    "note_origin",
    "replace_selection",
    "request_archive",
    "retry_archive",
    "update_selection",
]
