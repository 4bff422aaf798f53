"""What users want of publications."""

from publishing.services.copy_checking import NOTHING_TO_COPY, CopyCheck, check_copy
from publishing.services.copy_sources import CopySource, read_file, read_source
from publishing.services.files_checking import FilesCheck, check_files, find_contents
from publishing.services.finding_projects import find_projects
from publishing.services.following import FollowedJob, follow_jobs
from publishing.services.ground_truth_checking import GroundTruthCheck, JobShare, check_ground_truth
from publishing.services.handing_over import (
    HandOverCheck,
    check_hand_over,
    request_hand_over,
)
from publishing.services.issue_checking import IssuesCheck, check_issues
from publishing.services.permissions import (
    GivenPermission,
    give_permission,
    may_write_already,
    withdraw_permission,
)
from publishing.services.removing_task import find_removable_task, request_removal
from publishing.services.requesting import (
    cancel_publication,
    plan_ground_truth_job,
    plan_issues,
    plan_new_task,
    request_copy,
    request_ground_truth_job,
    request_issues,
    request_new_task,
)
from publishing.services.result_objects import find_result_objects
from publishing.services.results import compare_results
from publishing.services.task_checking import NewTaskCheck, check_new_task
from publishing.services.task_of_files import plan_task_of_files, request_task_of_files
from publishing.services.task_places import look_up_place
from publishing.services.uploads import (
    LARGEST_PIECE,
    append_piece,
    begin_upload,
    discard_upload,
    remove_upload,
)
from publishing.services.write_back_plans import WriteBackPlan
from publishing.services.writing_back import NOTHING_TO_WRITE, plan_write_back, request_write_back

__all__ = [
    "LARGEST_PIECE",
    "NOTHING_TO_COPY",
    "NOTHING_TO_WRITE",
    "CopyCheck",
    "CopySource",
    "FilesCheck",
    "FollowedJob",
    "GivenPermission",
    "GroundTruthCheck",
    "HandOverCheck",
    "IssuesCheck",
    "JobShare",
    "NewTaskCheck",
    "WriteBackPlan",
    "append_piece",
    "begin_upload",
    "cancel_publication",
    "check_copy",
    "check_files",
    "check_ground_truth",
    "check_hand_over",
    "check_issues",
    "check_new_task",
    "compare_results",
    "discard_upload",
    "find_contents",
    "find_projects",
    "find_removable_task",
    "find_result_objects",
    "follow_jobs",
    "give_permission",
    "look_up_place",
    "may_write_already",
    "plan_ground_truth_job",
    "plan_issues",
    "plan_new_task",
    "plan_task_of_files",
    "plan_write_back",
    "read_file",
    "read_source",
    "remove_upload",
    "request_copy",
    "request_ground_truth_job",
    "request_hand_over",
    "request_issues",
    "request_new_task",
    "request_removal",
    "request_task_of_files",
    "request_write_back",
    "withdraw_permission",
]
