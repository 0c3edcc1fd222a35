"""All secrets that were made for an agency: what its containers were handed, what its stack keeps, and their keys."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from stacks.toolchain import Toolchain
from tests.scenarios.engine_things import containers
from tests.scenarios.secret_scan import secrets_inside

SECRETS_FOLDER = "/run/secrets"
GATEWAY_FOLDER = "/etc/siaga24/haproxy"
PRIVATE = "PRIVATE KEY"


def handed_secrets(engine: docker.DockerClient, agency: str) -> dict[str, str]:
    """Return what lies in the secret files of the agency's containers, and the gateway's private keys."""
    found: dict[str, str] = {}
    for container in containers(engine, agency, stopped=True):
        where = f"{container.labels['siaga24.service']} {container.labels['siaga24.component']}".strip()
        for name, content in _files(container, SECRETS_FOLDER).items():
            found |= secrets_inside(f"{where} {name}", content)
        for name, content in _files(container, GATEWAY_FOLDER).items():
            if PRIVATE in content:
                found[f"{where} {name}"] = content[content.index("-----BEGIN"):].rpartition("-----BEGIN")[2]
    return found


def kept_secrets(toolchain: Toolchain, state: Path, stack: str) -> dict[str, str]:
    """Return the stack's config secrets in the clear, as `pulumi config --show-secrets` tells them."""
    done = subprocess.run(
        [str(toolchain.pulumi.path), "config", "--show-secrets", "--json", "--stack", stack],
        capture_output=True, text=True, check=False, cwd=state / "pulumi" / stack,
        env=os.environ | toolchain.environment | pulumi_variables(state),
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = {}
    for name, one in json.loads(done.stdout).items():
        if one["secret"]:                # one value that holds all of them as a JSON object, or each on its own
            try:
                found |= {f"{name} {key}": str(value) for key, value in json.loads(one["value"]).items()}
            except (ValueError, AttributeError):
                found[name] = one["value"]
    return found


def pulumi_variables(state: Path) -> dict[str, str]:
    """Return the variables with which the Pulumi CLI finds and opens the stacks of a state folder."""
    return {
        "PULUMI_BACKEND_URL": (state / "pulumi").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(state / "passphrase"),
    }


def _files(container: Container, folder: str) -> dict[str, str]:
    try:
        stream, _ = container.get_archive(folder)
    except NotFound:
        return {}
    found = {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            is_digest = member.name.rpartition("/")[2].startswith(".")      # of the files; no secret itself
            if file is not None and member.size and not is_digest:
                found[member.name.rpartition("/")[2]] = file.read().decode("utf-8", errors="replace")
    return found
