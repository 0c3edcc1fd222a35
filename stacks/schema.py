"""JSON Schema (2020-12) of definition files, for editors: completion, hover texts, marks while one types.

It comes from the same grammar as the loader. What reaches over several keys or files
``siaga24 agency validate`` tells.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stacks.definition.grammar import AGENCY, SETTINGS

if TYPE_CHECKING:
    from stacks.definition.shapes import Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# where ``siaga24 init`` puts them, from the workspace's folder; the first line of each file names its schema
AGENCY_SCHEMA = "schema/agency.json"
SETTINGS_SCHEMA = "schema/settings.json"


def agency_schema() -> dict[str, Any]:
    """Return the schema of an agency's file."""
    return _schema(AGENCY, "Siaga24 agency")


def settings_schema() -> dict[str, Any]:
    """Return the schema of ``siaga24.yaml``."""
    return _schema(SETTINGS, "Siaga24 settings")


def schema_files() -> dict[str, str]:
    """Return the schema files of a workspace: path from its folder -> text."""
    return {
        path: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for path, schema in ((AGENCY_SCHEMA, agency_schema()), (SETTINGS_SCHEMA, settings_schema()))
    }


def _schema(shape: Shape, title: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": title, "description": shape.doc, **shape.schema()}
