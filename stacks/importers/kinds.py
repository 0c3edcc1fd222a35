"""The kinds of files that can be imported, each by its reader."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.importers.settle import settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.draft import Imported, Importer


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One kind. ``module`` in this folder has ``read``, an ``Importer``."""

    module: str
    what: str


KINDS = {
    "gatus": SourceKind(module="gatus", what="Gatus: its YAML files"),
    "blackbox": SourceKind(
        module="blackbox", what="blackbox_exporter: its modules, and the Prometheus file that has the targets"
    ),
    "uptime-kuma": SourceKind(module="uptime_kuma", what="Uptime Kuma: a backup, or the monitors of its API, as JSON"),
    "hurl": SourceKind(module="hurl", what="Hurl files, each a transaction"),
    "har": SourceKind(module="har", what="HAR 1.2, a recording of a browser"),
    "postman": SourceKind(module="postman", what="a Postman collection, version 2.0 or 2.1"),
    "openapi": SourceKind(module="openapi", what="an OpenAPI 3 description, YAML or JSON"),
}


def importer_of(kind: str) -> Importer:
    """Return the reader of a kind."""
    found: Importer = importlib.import_module(f"stacks.importers.{KINDS[kind].module}").read
    return found


def import_files(kind: str, paths: Sequence[Path]) -> Imported:
    """Read files of one kind; UsageError where one cannot be read as such."""
    return settle(importer_of(kind)(paths))
