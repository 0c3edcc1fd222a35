import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.health import http_test, service_health
from infra.spec import HealthSpec
from tests.infra.specs import a_service, an_image


def test_the_specs_own_test_comes_first_then_the_images_then_one_by_http():
    own = HealthSpec(test=("CMD", "siap"))
    image = an_image(health=("CMD", "loket", "health"))
    assert service_health(a_service(health=own, image=image)) == own
    assert service_health(a_service(image=image)).test == ("CMD", "loket", "health")
    assert service_health(a_service(image=an_image())).test == http_test(8000, "/healthz")


def test_an_image_that_switched_its_check_off_is_asked_by_http():
    assert service_health(a_service(image=an_image(health=("NONE",)))).test == http_test(8000, "/healthz")


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield http.server_port
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
def test_the_http_test_passes_at_200_and_fails_at_503_with_whichever_tool_there_is(server, tmp_path, tool):
    program = sys.executable if tool == "python3" else shutil.which(tool)
    if program is None:
        pytest.skip(f"this machine has no {tool}")
    (tmp_path / tool).symlink_to(program)
    for path, is_well in (("/healthz", True), ("/rusak", False)):
        _, line = http_test(server, path)
        done = subprocess.run(["/bin/sh", "-c", line], env={"PATH": str(tmp_path)}, capture_output=True, check=False)
        assert (done.returncode == 0) is is_well, done.stderr


def test_an_image_without_any_tool_is_told_what_to_do(tmp_path):
    _, line = http_test(8000, "/healthz")
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 1
    assert "give it a HEALTHCHECK of its own" in done.stderr
