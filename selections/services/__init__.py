"""What users want of selections and archives."""

from selections.services.accounts import (
    deactivate_accounts,
    delete_accounts,
    dependents,
    hand_over,
)
from selections.services.archives import (
    cancel_archive,
    request_archive,
    request_archive_of_frames,
    retry_archive,
)
from selections.services.combining import (
    MOST_COMBINED,
    Part,
    combine_selections,
    combined_frames,
    compare_selections,
    visible_selections,
)
from selections.services.connections import usable_connection
from selections.services.counting_place import counting_place
from selections.services.deleted_frames import Deletions, find_deleted
from selections.services.drawing import draw_frames
from selections.services.drift import Change, Drift, find_drift
from selections.services.editing import edit_frames, go_back
from selections.services.importing import Imported, import_list
from selections.services.left_out import left_out_by_format
from selections.services.list_matching import Reason
from selections.services.marking import mark_frames
from selections.services.notices import mail_problem, send_notices_of, set_notices
from selections.services.previewing import preview_draw
from selections.services.recipe_searches import (
    SearchHasRecipes,
    delete_search,
    recipes_by_search,
    searches_for,
)
from selections.services.recipes import (
    Round,
    copy_recipe,
    create_recipe,
    delete_recipe,
    draw_due_round,
    draw_next_round,
    give_recipe,
    save_as_recipe,
    update_recipe,
)
from selections.services.redrawing import draw_again
from selections.services.removal import (
    delete_archive,
    delete_selection,
    discard_selection,
    purge_selections,
    restore_selection,
)
from selections.services.replacing import save_selection
from selections.services.resolving import Choice
from selections.services.saving import (
    copy_selection,
    create_random_selection,
    create_selection,
    update_selection,
)
from selections.services.sharing import (
    give_selections,
    share_recipe,
    share_selection,
    stop_sharing,
)
from selections.services.split_tables import split_table
from selections.services.visible_frames import count_visible

__all__ = [
    "MOST_COMBINED",
    "Change",
    "Choice",
    "Deletions",
    "Drift",
    "Imported",
    "Part",
    "Reason",
    "Round",
    "SearchHasRecipes",
    "cancel_archive",
    "combine_selections",
    "combined_frames",
    "compare_selections",
    "copy_recipe",
    "copy_selection",
    "count_visible",
    "counting_place",
    "create_random_selection",
    "create_recipe",
    "create_selection",
    "deactivate_accounts",
    "delete_accounts",
    "delete_archive",
    "delete_recipe",
    "delete_search",
    "delete_selection",
    "dependents",
    "discard_selection",
    "draw_again",
    "draw_due_round",
    "draw_frames",
    "draw_next_round",
    "edit_frames",
    "find_deleted",
    "find_drift",
    "give_recipe",
    "give_selections",
    "go_back",
    "hand_over",
    "import_list",
    "left_out_by_format",
    "mail_problem",
    "mark_frames",
    "preview_draw",
    "purge_selections",
    "recipes_by_search",
    "request_archive",
    "request_archive_of_frames",
    "restore_selection",
    "retry_archive",
    "save_as_recipe",
    "save_selection",
    "searches_for",
    "send_notices_of",
    "set_notices",
    "share_recipe",
    "share_selection",
    "split_table",
    "stop_sharing",
    "update_recipe",
    "update_selection",
    "usable_connection",
    "visible_selections",
]
