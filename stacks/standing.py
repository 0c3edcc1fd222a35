"""Where a stack command stands before it acts: tools, engine, state, certificate, inputs; every refusal at once."""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.spec import Sensitive
from monitors.core.errors import PreflightError, ToolchainError
from stacks import preflight, recovery
from stacks.authority import Authority, KeyPair
from stacks.certificates import check_supplied
from stacks.engine import Engine
from stacks.kept_data import data_volumes, strange_data_reasons
from stacks.passphrase import passphrase_file
from stacks.passphrase import read as read_passphrase
from stacks.program import Inputs, TlsIdentity, image_names, secret_files
from stacks.pulumi_cli import PulumiTools
from stacks.pulumi_state import BackendFiles, StackState
from stacks.secrets_store import read_secret_files
from stacks.statefile import StackRecord, read_record
from stacks.toolchain import find_provider, find_pulumi, plugin_home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from infra.spec import ImageSpec
    from stacks.engine_facts import EngineFacts
    from stacks.model import Agency, Workspace
    from stacks.recovery import Damage
    from stacks.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a command may build on. Nothing was changed to find it, but for the passphrase and the authority's files."""

    agency: Agency
    engine: EngineFacts
    images: Mapping[str, ImageSpec]
    pair: KeyPair
    passphrase: Path
    supplied_secrets: Mapping[str, str]
    files: BackendFiles
    state: StackState
    record: StackRecord
    damage: Damage
    warnings: tuple[str, ...]

    def inputs(self, session: Session, secrets: Mapping[str, str]) -> Inputs:
        """Put together what the program needs beyond the definition."""
        return Inputs(
            images=self.images,
            secrets={key: Sensitive(text) for key, text in {**secrets, **self.supplied_secrets}.items()},
            certificate=TlsIdentity(
                certificate_pem=self.pair.cert_pem, key_pem=Sensitive(self.pair.key_pem), ca_pem=self.pair.ca_pem,
            ),
            engine_host=session.engine.host,
            engine_id=self.engine.id,
        )


def find_tools() -> PulumiTools:
    """Find the Pulumi CLI and its provider. ToolchainError names all that is missing."""
    found, missing = [], []
    for find in (find_pulumi, find_provider):
        try:
            found.append(find(os.environ))
        except ToolchainError as exc:
            missing.append(str(exc))
    if missing:
        raise ToolchainError("\n".join(missing))
    cli, provider = found
    return PulumiTools(cli=cli, home=plugin_home(provider.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The engine and the tools that a command works with."""

    engine: Engine
    tools: PulumiTools


def connect(workspace: Workspace, closing: ExitStack) -> Connected:
    """Reach the workspace's engine, to be closed by ``closing``, and find the tools. ToolchainError."""
    with ThreadPoolExecutor(max_workers=1) as pool:      # asking the CLI for its version takes a while
        tools = pool.submit(find_tools)
        missing = []
        try:
            engine = closing.enter_context(Engine(workspace.settings.docker_host))
        except ToolchainError as exc:
            missing.append(str(exc))
        try:
            found = tools.result()
        except ToolchainError as exc:
            missing.append(str(exc))
    if missing:
        raise ToolchainError("\n".join(missing))
    return Connected(engine=engine, tools=found)


def look(
    session: Session, agency: Agency, *, certificates: Path, accepts_loss: bool, now: dt.datetime | None = None,
) -> Standing:
    """Check everything that can be known beforehand. PreflightError with all reasons.

    ``certificates``: folder of the local authority. ``accepts_loss``: go on where the engine is another one, or data
    volumes are gone.
    """
    files = BackendFiles(session.state)
    passphrase = passphrase_file(session.state, has_stacks=files.has_secrets())
    session.redact.add([read_passphrase(passphrase)])
    state = files.state(agency.code)
    record = read_record(session.state, agency.code)
    damage = recovery.assess(session.engine, agency.code, session.state, state, files.locks(agency.code))
    findings = preflight.inspect(
        session.engine, agency, image_names(agency), record, session.state,
        known=recovery.known_containers(state), accepts_loss=accepts_loss,
    )
    reasons = list(findings.reasons)
    reasons += strange_data_reasons(
        agency.code, data_volumes(session.engine, agency.code), is_known=bool(record.engine_id),
    )
    if not accepts_loss:
        reasons += recovery.lost_data_reasons(agency.code, damage)
    pair, warnings = _certificate(agency, certificates, now or dt.datetime.now(dt.UTC), reasons)
    supplied: dict[str, str] = {}
    try:
        supplied = read_secret_files(secret_files(agency))
    except PreflightError as exc:
        reasons += exc.reasons
    if reasons or pair is None:
        raise PreflightError(reasons)
    session.redact.add(supplied.values())
    session.redact.add([pair.key_pem, *pair.key_pem.splitlines()[1:-1]])
    return Standing(
        agency=agency, engine=findings.engine, images=findings.images, pair=pair, passphrase=passphrase,
        supplied_secrets=supplied, files=files, state=state, record=record, damage=damage, warnings=warnings,
    )


def _certificate(
    agency: Agency, folder: Path, now: dt.datetime, reasons: list[str],
) -> tuple[KeyPair | None, tuple[str, ...]]:
    """Return the certificate of the agency's gateway and warnings; faults go to ``reasons``."""
    hosts = [service.host for service in agency.hosted]
    supplied = agency.gateway.certificate if agency.gateway is not None else None
    if supplied is None:
        return Authority(folder).leaf(agency.code, hosts, now), ()
    checked = check_supplied(supplied, hosts, now)
    reasons += checked.faults
    return checked.pair, checked.warnings


