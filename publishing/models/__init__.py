"""The tables of the app."""

from publishing.models.permission import WritePermission, WritePermissionQuerySet
from publishing.models.publication import Publication, PublicationQuerySet
from publishing.models.published_frame import PublishedFrame
from publishing.models.upload import Upload, UploadedFile, UploadQuerySet

__all__ = [
    "Publication",
    "PublicationQuerySet",
    "PublishedFrame",
    "Upload",
    "UploadQuerySet",
    "UploadedFile",
    "WritePermission",
    "WritePermissionQuerySet",
]
