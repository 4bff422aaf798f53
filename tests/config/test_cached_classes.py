"""Cached values are pickled under the names of their classes, and Redis outlives an upgrade: when
such a class moves or changes, the version of the cache must be raised."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil

from django.conf import settings

import cvat
from cvat.annotations import Attribute, Label, Labels
from cvat.exceptions import CvatError
from cvat.types import FrameCatalog, FrameData, Job, ProjectJob, ShownTask, Task
from publishing.stored_files import UploadedPicture
from publishing.uploaded_pictures import Contents, LeftOutFile
from selector.job_access import JobAccess
from selector.services.catalogs import PackedCatalog
from selector.services.index_input import IndexPlan

CACHED = (
    *(Attribute, Label, Labels, FrameCatalog, FrameData, Job, ProjectJob, ShownTask, Task),
    *(Contents, LeftOutFile, UploadedPicture),
    *(IndexPlan, JobAccess, PackedCatalog),
)
# The version of the cache, and the digest of the classes of that version.
VERSION, DIGEST = 5, "b208012e1f2e62a9"


def errors() -> set[type[CvatError]]:
    """share_errors() caches every kind of them."""
    for module in pkgutil.walk_packages(cvat.__path__, "cvat."):
        importlib.import_module(module.name)
    found, new = set[type[CvatError]](), {CvatError}
    while new:
        found |= new
        new = {each for error in new for each in error.__subclasses__()}
    return found


def described(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}({', '.join(inspect.signature(cls).parameters)})"


def test_the_version_of_the_cache_is_that_of_its_classes() -> None:
    described_all = "\n".join(sorted(map(described, {*CACHED, *errors()})))
    digest = hashlib.sha256(described_all.encode()).hexdigest()[:16]
    assert (settings.CACHES["default"]["VERSION"], digest) == (VERSION, DIGEST), (
        "A class of cached values has moved or changed: raise VERSION of CACHES in the settings, "
        f"and write it and the new digest here.\n{described_all}"
    )
