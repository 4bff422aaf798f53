"""What users want of publications."""

from publishing.services.checking import GroundTruthCheck, JobShare, check_ground_truth
from publishing.services.permissions import Given, give_permission, withdraw_permission
from publishing.services.requesting import (
    cancel_publication,
    plan_ground_truth_job,
    request_ground_truth_job,
)

__all__ = [
    "Given",
    "GroundTruthCheck",
    "JobShare",
    "cancel_publication",
    "check_ground_truth",
    "give_permission",
    "plan_ground_truth_job",
    "request_ground_truth_job",
    "withdraw_permission",
]
