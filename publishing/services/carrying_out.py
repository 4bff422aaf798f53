"""What a worker does for a publication."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from publishing.models import Publication
from publishing.services import spools
from publishing.services.carrying_out_new_task import make_new_task
from publishing.services.copying_annotations import copy_annotations
from publishing.services.handing_over import hand_over
from publishing.services.making_ground_truth import make_ground_truth_job
from publishing.services.opening_issues import open_issues
from publishing.services.removing_empty import remove_what_is_empty
from publishing.services.removing_task import remove_task
from publishing.services.uploads import remove_used_upload
from publishing.services.writing import PermissionReplaced
from publishing.services.writing_back import write_back

logger = logging.getLogger(__name__)

# By what a publication becomes in CVAT: what makes it, and returns the columns of its result. An
# earlier attempt may have come to any point of it. Raises Stopped, WorkFailed, NotConnected,
# PermissionNeeded, CvatError, PermissionReplaced.
CARRIED_OUT_BY: Mapping[str, Callable[[Publication, Heartbeat], dict[str, Any]]] = {
    Publication.Target.GROUND_TRUTH: make_ground_truth_job,
    Publication.Target.TASK: make_new_task,
    Publication.Target.ISSUES: open_issues,
    Publication.Target.COPY: copy_annotations,
    Publication.Target.WRITE_BACK: write_back,
    Publication.Target.REMOVAL: remove_task,
    Publication.Target.HAND_OVER: hand_over,
    Publication.Target.FILES: make_new_task,
}


def publish(pk: int) -> bool:
    """Carry out the publication. False if it does not wait to be done."""
    is_claimed = run(Publication, pk, _perform)
    if is_claimed:
        spools.clear(pk)
        remove_what_is_empty(pk)
        remove_used_upload(pk)
    return is_claimed


def _perform(publication: Publication, heartbeat: Heartbeat) -> None:
    result = _carry_out(publication, heartbeat)
    if not publication.finish(heartbeat.worker, **result):
        raise Stopped


def _carry_out(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    while True:
        try:
            return CARRIED_OUT_BY[publication.target](publication, heartbeat)
        except PermissionReplaced:
            logger.info("publication %s goes on with the new permission", publication.pk)
