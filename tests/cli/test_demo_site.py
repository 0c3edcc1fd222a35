"""The demo's own site answers what the sample's transaction expects, and says so where its port is taken."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request

import pytest

from cli.demo_site import is_local, served_site
from monitors.core.errors import Siaga24Error
from tests.servers import free_port


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_it_serves_its_pages_and_its_status_under_the_agency_s_name():
    url = f"http://127.0.0.1:{free_port()}"
    with served_site(url, "Dinas <Kesehatan>"):
        assert "Dinas &lt;Kesehatan&gt;" in read(f"{url}/kontak")
        assert json.loads(read(f"{url}/status.json")) == {"status": "ok"}
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            read(f"{url}/tidak-ada")
        missing.value.close()


def test_nothing_listens_after_it():
    port = free_port()
    with served_site(f"http://127.0.0.1:{port}", "Dinas"):
        pass
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_taken_port_is_a_sentence_that_says_what_to_do():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        url = f"http://127.0.0.1:{holder.getsockname()[1]}"
        with pytest.raises(Siaga24Error, match=rf"{url}: the demo's own site cannot listen .* expected a free port; end "), \
                served_site(url, "Dinas"):
            pass


@pytest.mark.parametrize(("url", "local"), [
    ("http://127.0.0.1:8099", True), ("https://example.go.id", False), ("http://localhost:1", False),
])
def test_only_a_loopback_address_is_the_demo_s_to_serve(url, local):
    assert is_local(url) is local
