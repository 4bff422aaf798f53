"""Choose images in CVAT, and get them with their annotations, through a CVAT Image Selector.

>>> portal = Portal("https://selector.example.com", "cis_...")
>>> selection = portal.save(
...     frame_selection_method="random_per_job", project_id=4, frames_per_job_count=5
... )
>>> archive = portal.wait(portal.build(selection["id"], annotations="coco"))
>>> portal.download(archive, "round2.zip")
"""

from __future__ import annotations

from cvat_select.datasets import to_fiftyone, to_supervision
from cvat_select.errors import (
    BuildFailed,
    DownloadFailed,
    Error,
    PublishingFailed,
    Refused,
    Unreachable,
    UploadFailed,
)
from cvat_select.portal import Portal
from cvat_select.version import VERSION as __version__

__all__ = [
    "BuildFailed",
    "DownloadFailed",
    "Error",
    "Portal",
    "PublishingFailed",
    "Refused",
    "Unreachable",
    "UploadFailed",
    "__version__",
    "to_fiftyone",
    "to_supervision",
]
