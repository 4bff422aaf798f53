"""What a user wants of selections and archives. Every rule about them is here, once."""

from selections.removal import delete_selection
from selections.services.accounts import (
    deactivate_accounts,
    delete_accounts,
    dependents,
    hand_over,
)
from selections.services.building import cancel_archive, request_archive, retry_archive
from selections.services.changing import name_to_pass_on, note_origin, replace_selection
from selections.services.deletions import Deletions, find_deleted
from selections.services.drawing import draw_frames
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
    "deactivate_accounts",
    "delete_accounts",
    "delete_selection",
    "dependents",
    "draw_frames",
    "find_deleted",
    "hand_over",
    "name_to_pass_on",
    "note_origin",
    "replace_selection",
    "request_archive",
    "retry_archive",
    "update_selection",
]
