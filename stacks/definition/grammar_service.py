"""The grammar of services: every key of a hosted or external service."""

from __future__ import annotations

from stacks.definition import names
from stacks.definition.amounts import Duration, Whole
from stacks.definition.grammar_hosting import (
    COMMAND,
    DATABASE,
    FILE,
    HOST,
    JOB,
    LOG,
    NAMES,
    PORT,
    REPLICAS,
    RESOURCES,
    WORKER,
)
from stacks.definition.grammar_transaction import PROMISE, TRANSACTION
from stacks.definition.lists import ListOf
from stacks.definition.scalars import Choice, Flag, Text
from stacks.definition.shapes import Key, MapOf, Shape

SERVICE = Shape(
    title="service",
    doc="One public service: hosted by the toolkit (it has an `image`), or `hosting: external` (it has a `url` "
    "and is only watched).",
    keys={
        "name": Key(kind=Text(most=120), doc="Name that citizens know.", required=True, example="Antrean Puskesmas"),
        "hosting": Key(
            kind=Choice(meaning={"toolkit": "hosted by the toolkit", "external": "hosted elsewhere, only watched"}),
            doc="Who runs it.",
            default="toolkit",
            example="external",
        ),
        "criticality": Key(kind=Whole(low=1, high=4), doc="1 (highest) to 4.", default="3", example="1"),
        "weight": Key(
            kind=Whole(low=1, high=1000),
            doc="How much it weighs in its agency's and the nation's figures: twice as much counts twice.",
            default="1",
            example="3",
        ),
        "quorum": Key(
            kind=Choice(
                meaning={"majority": "more than half of those that know, and two at least", "any": "one is enough"}
            ),
            doc="How many vantages must say that it is down.",
            default="majority",
            example="any",
        ),
        "promise": Key(kind=PROMISE, doc="What citizens are promised.", default="the tier's"),
        "transactions": Key(
            kind=MapOf(names=NAMES, kind=TRANSACTION, most=50, what="transactions by name"),
            doc="Citizens' journeys against it, by name.",
            required=True,
        ),
        "url": Key(
            kind=Text(word="an address such as https://layanan.example", most=500, check=names.base_url),
            doc="External only: where it answers; steps' paths are below it.",
            example="https://layanan.example",
        ),
        "ca": Key(
            kind=FILE,
            doc="External only: PEM file of the certificates to trust instead of the system's.",
            example="ca-pusat.pem",
        ),
        "image": Key(
            kind=Text(word="an image with its version", most=300, check=names.image),
            doc="Hosted only: image as NAME:TAG or NAME@sha256:DIGEST.",
            example="siaga24/loket:1.0.0",
        ),
        "command": Key(
            kind=COMMAND, doc="Command and its arguments.", default="the image's own", example="[loket, serve]"
        ),
        "port": Key(kind=PORT, doc="Hosted only: where a replica listens, inside its container.", example="8000"),
        "replicas": Key(kind=REPLICAS, doc="How many containers share the work.", default="the tier's", example="2"),
        "health": Key(
            kind=Text(word="a path such as /healthz", most=500, check=names.path),
            doc="Path that answers 200 while a replica can serve.",
            default="/healthz",
            example="/healthz",
        ),
        "host": Key(
            kind=HOST,
            doc="Host name under which the gateway serves it.",
            default="CODE.domain",
            example="antrean.dinkes-bandung.example",
        ),
        "answer_timeout": Key(
            kind=Duration(low_ms=100, high_ms=600_000, usual="2s"),
            doc="How long the gateway waits for a replica before it asks another; raise it for slow pages only.",
            default="2s",
            example="5s",
        ),
        "stop_grace": Key(
            kind=Duration(low_ms=1_000, high_ms=600_000, usual="15s"),
            doc="How long a replica may take to end once asked.",
            default="15s",
            example="30s",
        ),
        "egress": Key(
            kind=Flag(),
            doc="Whether its containers may reach beyond the stack's own networks.",
            default="false; true with an external database",
            example="true",
        ),
        "env": Key(
            kind=MapOf(
                names=Text(
                    word="a variable's name",
                    pattern=names.ENV_PATTERN,
                    most=100,
                    check=names.matches(
                        names.ENV_PATTERN, "write letters, digits and underscores, such as OFFICE_NAME"
                    ),
                ),
                kind=Text(most=4000, takes_numbers=True, may_be_empty=True, lines=True, is_private=True),
                example="{OFFICE_NAME: Puskesmas Garuda}",
            ),
            doc="Environment variables; never secrets.",
            example="{OFFICE_NAME: Puskesmas Garuda}",
        ),
        "secrets": Key(
            kind=ListOf(
                kind=Text(
                    word="a name such as SECRET_KEY",
                    pattern=names.SECRET_PATTERN,
                    most=100,
                    check=names.matches(names.SECRET_PATTERN, "write capital letters, digits and underscores"),
                ),
                is_set=True,
            ),
            doc="Secrets that are made once: NAME is the file /run/secrets/NAME, whose path is in NAME_FILE.",
            example="[SECRET_KEY]",
        ),
        "volumes": Key(
            kind=MapOf(
                names=NAMES,
                kind=Text(word="an absolute path", most=300, check=names.mount_path),
                example="{berkas: /data}",
            ),
            doc="Data that outlives containers: name to path inside them; kept and protected like a database.",
            example="{berkas: /data}",
        ),
        "database": Key(
            kind=DATABASE, doc="Its PostgreSQL: `own`, or a mapping (see below).", default="none", example="own"
        ),
        "workers": Key(
            kind=MapOf(names=NAMES, kind=WORKER, what="workers by name"),
            doc="Processes that serve no requests, by name.",
            default="none",
        ),
        "jobs": Key(
            kind=MapOf(names=NAMES, kind=JOB, what="jobs by name"),
            doc="Commands run once a release, by name, in order.",
            default="none",
            example="{migrate: {command: [loket, migrate]}}",
        ),
        "resources": Key(kind=RESOURCES, doc="Limits of each replica, worker and job.", default="the tier's"),
        "log": Key(kind=LOG, doc="Log limits of each replica, worker and job.", default="the tier's"),
    },
    rules={
        "if": {"required": ["hosting"], "properties": {"hosting": {"const": "external"}}},
        "then": {"required": ["url"], "not": {"required": ["image"]}},
        "else": {"required": ["image", "port"], "not": {"required": ["url"]}},
    },
)

HOSTED_ONLY = (
    "image",
    "command",
    "port",
    "replicas",
    "health",
    "host",
    "answer_timeout",
    "stop_grace",
    "egress",
    "env",
    "secrets",
    "volumes",
    "database",
    "workers",
    "jobs",
    "resources",
    "log",
)
EXTERNAL_ONLY = ("url", "ca")
