"""The client against the stand-in: signing in, again, and refused."""

from __future__ import annotations

import pytest

from cvat.client import CvatClient
from cvat.exceptions import CvatLoginRefused, CvatTimeout, CvatUnauthorized
from cvat.login import Server, sign_in
from cvat.types import CredentialKind
from standin.samples import sample_world
from standin.server import StandIn
from tests.cvat.standin_clients import login


class TestSignIn:
    def test_it_works(self, site: StandIn) -> None:
        made = login(site)
        assert made.credential.kind is CredentialKind.ACCESS_TOKEN
        assert made.notice == ""
        with CvatClient(url=site.url, credential=made.credential) as cvat:
            assert cvat.whoami().username == "demo"
            assert cvat.server_version() == "2.54.1"

    def test_new_token_takes_the_place_of_the_former_one(self, site: StandIn) -> None:
        first = login(site)
        second = login(site, former=first.access_token_id)
        assert second.access_token_id != first.access_token_id
        with pytest.raises(CvatUnauthorized, match="connect again"):
            CvatClient(url=site.url, credential=first.credential).whoami()
        assert CvatClient(url=site.url, credential=second.credential).whoami().id > 0
        assert login(site, former=first.access_token_id).notice == ""

    def test_other_holders_of_the_key_go_on(self, site: StandIn) -> None:
        key = site.world.login_token("demo")
        login(site)
        assert site.world.login_token("demo") == key

    def test_the_token_may_only_read(self, site: StandIn) -> None:
        login(site)
        (token,) = site.world.access_tokens.values()
        assert token.read_only
        assert token.expiry_date is not None

    def test_by_address(self, site: StandIn) -> None:
        made = login(site, "demo@example.com")
        assert CvatClient(url=site.url, credential=made.credential).whoami().username == "demo"

    def test_wrong_password(self, site: StandIn) -> None:
        with pytest.raises(CvatLoginRefused):
            sign_in(Server(site.url), "demo", "nope")

    def test_an_older_server(self) -> None:
        with StandIn(sample_world(), version="2.40.0", access_tokens=False) as site:
            made = login(site, former=3)
            assert made.credential.kind is CredentialKind.LOGIN_TOKEN
            assert made.access_token_id is None
            assert "2.48" in made.notice
            with CvatClient(url=site.url, credential=made.credential) as cvat:
                assert cvat.server_version() == "2.40.0"
                assert cvat.whoami().username == "demo"

    def test_throttled(self) -> None:
        with StandIn(sample_world(), throttle=1) as site:
            CvatClient(url=site.url, credential=None).server_version()
            with pytest.raises(CvatTimeout, match=r"try again in \d+ seconds"):
                login(site)
