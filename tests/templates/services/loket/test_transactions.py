"""The transactions beside the service, read by the toolkit and run by the monitor's own probe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from monitors.core.model import Target
from stacks.targets import targets_of
from stacks.workspace import open_workspace
from tests.probing import tried
from tests.templates.services.loket.office import Office, Replica, eventually

pytestmark = pytest.mark.engine

FILE = Path(__file__).parents[4] / "templates" / "services" / "loket" / "transactions.yaml"
AGENCY = """\
version: 1
code: uji
name: Dinas Uji
kind: city
time_zone: Asia/Jayapura
domain: uji.example
contacts: [{{name: Piket, role: operator, email: piket@uji.example}}]
services:
  antrean:
    name: Antrean
    hosting: external
    url: {url}
"""


def watched(folder: Path, host: str) -> Target:
    path = folder / "uji.yaml"
    path.write_text(AGENCY.format(url=f"http://{host}:8000") + indent(FILE.read_text(encoding="utf-8"), "    "))
    workspace = open_workspace(folder)
    [target] = targets_of(workspace.agency("uji"), {})
    return target


@pytest.mark.parametrize("place", [0, 1], ids=["the journey", "the office's state"])
def test_each_transaction_passes_against_a_healthy_replica(workspace_folder, replica: Replica, place):
    target = watched(workspace_folder, replica.host)
    attempt = tried(replace(target, transactions=(target.transactions[place],)))
    assert [step.reason for step in attempt.steps if not step.passed] == []
    assert len(attempt.steps) == len(target.transactions[place].steps)


def test_without_a_database_the_journey_names_its_first_step(workspace_folder, office: Office):
    office.write_secret("away", "postgresql://loket:x@nowhere.invalid:5432/loket")
    replica = office.start(DATABASE_URL_FILE="/run/secrets/away")
    target = watched(workspace_folder, replica.host)
    eventually(replica.answers)
    attempt = tried(target)
    assert attempt.failed_step is not None
    assert attempt.failed_step.name == "buka halaman"
    assert "expected status 200, got 503" in attempt.failed_step.reason
