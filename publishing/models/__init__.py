"""The tables of the app."""

from publishing.models.permission import WritePermission, WritePermissionQuerySet
from publishing.models.publication import Publication, PublicationQuerySet, PublishedFrame

__all__ = [
    "Publication",
    "PublicationQuerySet",
    "PublishedFrame",
    "WritePermission",
    "WritePermissionQuerySet",
]
