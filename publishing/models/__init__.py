"""The tables of the app."""

from publishing.models.permission import WritePermission, WritePermissionQuerySet
from publishing.models.publication import Publication
from publishing.models.publication_queries import PublicationQuerySet
from publishing.models.published_frame import PublishedFrame
from publishing.models.upload import Upload, UploadQuerySet

__all__ = [
    "Publication",
    "PublicationQuerySet",
    "PublishedFrame",
    "Upload",
    "UploadQuerySet",
    "WritePermission",
    "WritePermissionQuerySet",
]
