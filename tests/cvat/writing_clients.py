"""A stand-in to write to, and writers of its people."""

from __future__ import annotations

from dataclasses import replace

from cvat.client import CvatClient
from cvat.retries import INTERACTIVE
from cvat.types import Credential, CredentialKind
from cvat.writing import AnnotationWriter, IssueWriter, JobWriter, TaskWriter
from standin.server import StandIn
from standin.world import World

QUICK = replace(INTERACTIVE, backoff=0.001, longest_backoff=0.001)


class AnyWriter(TaskWriter, JobWriter, AnnotationWriter, IssueWriter):
    """Changes whatever a test is about."""


def world_to_write_to() -> World:
    """alice owns a project and tasks, bob is somebody else; both are in an organization."""
    world = World()
    world.add_user("admin", is_superuser=True, groups=["admin"])
    for name in ("alice", "bob", "carol"):
        world.add_user(name)
    world.add_organization("acme", "alice", {"bob": "maintainer", "carol": "worker"})
    return world


def client(site: StandIn, name: str = "alice", *, read_only: bool = False) -> CvatClient:
    token = site.world.access_token(name, read_only=read_only)
    credential = Credential(CredentialKind.ACCESS_TOKEN, token.value)
    return CvatClient(url=site.url, credential=credential, retries=QUICK)


def writer(site: StandIn, name: str = "alice", *, read_only: bool = False) -> AnyWriter:
    return AnyWriter(client(site, name, read_only=read_only))
