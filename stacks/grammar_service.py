"""The grammar of services: every key of a hosted or external service, apart from its transactions."""

from __future__ import annotations

from decimal import Decimal

from stacks import names
from stacks.amounts import Duration, Number, Size, Whole
from stacks.grammar_transaction import PROMISE, TRANSACTION
from stacks.model import MAX_CODE_LENGTH
from stacks.parts import MIB
from stacks.scalars import Choice, Flag, Text
from stacks.shapes import Key, ListOf, MapOf, OneOf, Shape

GIB = 1024 * MIB

CODE = Text(
    word=f"a code of small letters, digits and hyphens, at most {MAX_CODE_LENGTH}", pattern=names.CODE_PATTERN,
    most=200, check=names.code,
)
HOST = Text(word="a host name", pattern=names.HOST_PATTERN, most=300, check=names.host)
ARGUMENT = Text(word="a word of the command", most=2000, takes_numbers=True, lines=True)
COMMAND = ListOf(kind=ARGUMENT, most=50)
FILE = Text(word="a file, relative to this one", most=500)
PORT = Whole(low=1, high=65535)
REPLICAS = Whole(low=1, high=50)

RESOURCES = Shape(
    title="resources",
    doc="What one container may use at most.",
    keys={
        "memory": Key(kind=Size(low=6 * MIB, high=1024 * GIB), doc="Memory, without swap.", default="the tier's", example="256MiB"),
        "cpus": Key(kind=Number(above=Decimal(0), most=Decimal(256)), doc="CPUs, in parts.", default="the tier's", example="0.5"),
        "pids": Key(kind=Whole(low=1, high=100_000), doc="Processes and threads.", default="the tier's", example="128"),
    },
)

OWN_DATABASE = Shape(
    title="own",
    doc="A PostgreSQL that the toolkit runs for this service alone, on a volume that is protected and kept.",
    keys={"memory": Key(kind=Size(low=64 * MIB, high=1024 * GIB), doc="Memory of the server.", default="the tier's", example="512MiB")},
)

EXTERNAL_DATABASE = Shape(
    title="external",
    doc="A PostgreSQL that somebody else runs.",
    keys={
        "host": Key(kind=Text(word="a host name or address", most=253,
                              check=names.matches("[A-Za-z0-9.-]+", "write the name or address alone")),
                    doc="Where it answers.", required=True, example="db.dinkes.example"),
        "port": Key(kind=PORT, doc="Port.", default="5432", example="5432"),
        "name": Key(kind=Text(word="a database's name", most=63), doc="Database.", required=True, example="antrean"),
        "user": Key(kind=Text(word="a user's name", most=63), doc="User.", required=True, example="antrean"),
        "password_file": Key(kind=FILE, doc="File that holds the password alone, kept out of version control, mode 0600.", required=True,
                             example=".siaga24/antrean-db-password"),
    },
)

DATABASE = OneOf(
    scalar=Choice(meaning={"own": "a PostgreSQL of the service's own"}),
    table=Shape(
        title="database",
        doc="The service's PostgreSQL: `own`, or exactly one of `own` and `external` with its keys. "
            "The service reads its URL from the file that `DATABASE_URL_FILE` names.",
        keys={
            "own": Key(kind=OWN_DATABASE, doc="Run by the toolkit.", example="{memory: 512MiB}"),
            "external": Key(kind=EXTERNAL_DATABASE, doc="Run by somebody else."),
        },
        rules={"minProperties": 1, "maxProperties": 1},
    ),
)

WORKER = Shape(
    title="worker",
    doc="A process of the service's image that serves no requests.",
    keys={
        "command": Key(kind=COMMAND, doc="Command and its arguments.", required=True, example="[loket, kirim-pesan]"),
        "replicas": Key(kind=REPLICAS, doc="How many of it run.", default="1", example="1"),
    },
)

JOB = Shape(
    title="job",
    doc="A command of the service's image, run to success once a release, before new replicas start.",
    keys={
        "command": Key(kind=COMMAND, doc="Command and its arguments.", required=True, example="[loket, migrate]"),
        "deadline": Key(kind=Duration(low_ms=1_000, high_ms=86_400_000, usual="5m"), doc="A job that takes longer has failed.", default="5m",
                        example="5m"),
    },
)

NAMES = Text(word="a name of small letters, digits and hyphens", pattern=names.CODE_PATTERN, most=40, check=names.code)

SERVICE = Shape(
    title="service",
    doc="One public service: hosted by the toolkit (it has an `image`), or `hosting: external` (it has a `url` and is only watched).",
    keys={
        "name": Key(kind=Text(most=120), doc="Name that citizens know.", required=True, example="Antrean Puskesmas"),
        "hosting": Key(kind=Choice(meaning={"toolkit": "hosted by the toolkit", "external": "hosted elsewhere, only watched"}),
                       doc="Who runs it.", default="toolkit", example="external"),
        "criticality": Key(kind=Whole(low=1, high=4), doc="1 (highest) to 4.", default="3", example="1"),
        "promise": Key(kind=PROMISE, doc="What citizens are promised.", default="the tier's"),
        "transactions": Key(kind=MapOf(names=NAMES, kind=TRANSACTION, most=50), doc="Citizens' journeys against it, by name.", required=True),
        "url": Key(kind=Text(word="an address such as https://layanan.example", most=500, check=names.base_url),
                   doc="External only: where it answers; steps' paths are below it.", example="https://layanan.example"),
        "ca": Key(kind=FILE, doc="External only: PEM file of the certificates to trust instead of the system's.", example="ca-pusat.pem"),
        "image": Key(kind=Text(word="an image with its version", most=300, check=names.image),
                     doc="Hosted only: image as NAME:TAG or NAME@sha256:DIGEST.", example="siaga24/loket:1.0.0"),
        "command": Key(kind=COMMAND, doc="Command and its arguments.", default="the image's own", example="[loket, serve]"),
        "port": Key(kind=PORT, doc="Hosted only: where a replica listens, inside its container.", example="8000"),
        "replicas": Key(kind=REPLICAS, doc="How many containers share the work.", default="the tier's", example="2"),
        "health": Key(kind=Text(word="a path such as /healthz", most=500, check=names.path),
                      doc="Path that answers 200 while a replica can serve.", default="/healthz", example="/healthz"),
        "host": Key(kind=HOST, doc="Host name under which the gateway serves it.", default="CODE.domain", example="antrean.dinkes-bandung.example"),
        "answer_timeout": Key(kind=Duration(low_ms=100, high_ms=600_000, usual="2s"),
                              doc="How long the gateway waits for a replica's answer before it asks another; raise it for slow pages only.",
                              default="2s", example="5s"),
        "stop_grace": Key(kind=Duration(low_ms=1_000, high_ms=600_000, usual="15s"),
                          doc="How long a replica may take to end once asked.", default="15s", example="30s"),
        "egress": Key(kind=Flag(), doc="Whether its containers may reach beyond the stack's own networks.",
                      default="false; true with an external database", example="true"),
        "env": Key(kind=MapOf(names=Text(word="a variable's name", pattern=names.ENV_PATTERN, most=100,
                                         check=names.matches(names.ENV_PATTERN, "write letters, digits and underscores, such as OFFICE_NAME")),
                              kind=Text(most=4000, takes_numbers=True, may_be_empty=True, lines=True), example="{OFFICE_NAME: Puskesmas Garuda}"),
                   doc="Environment variables; never secrets.", example="{OFFICE_NAME: Puskesmas Garuda}"),
        "secrets": Key(kind=ListOf(kind=Text(word="a name such as SECRET_KEY", pattern=names.SECRET_PATTERN, most=100,
                                             check=names.matches(names.SECRET_PATTERN, "write capital letters, digits and underscores")),
                                   is_set=True),
                       doc="Secrets that are made once: NAME is the file /run/secrets/NAME, whose path is in NAME_FILE.", example="[SECRET_KEY]"),
        "volumes": Key(kind=MapOf(names=NAMES, kind=Text(word="an absolute path", most=300, check=names.mount_path), example="{berkas: /data}"),
                       doc="Data that outlives containers: name to path inside them; kept and protected like a database.", example="{berkas: /data}"),
        "database": Key(kind=DATABASE, doc="Its PostgreSQL: `own`, or a mapping (see below).", default="none", example="own"),
        "workers": Key(kind=MapOf(names=NAMES, kind=WORKER), doc="Processes that serve no requests, by name.", default="none"),
        "jobs": Key(kind=MapOf(names=NAMES, kind=JOB), doc="Commands run once a release, by name, in order.", default="none",
                    example="{migrate: {command: [loket, migrate]}}"),
        "resources": Key(kind=RESOURCES, doc="Limits of each replica, worker and job.", default="the tier's"),
    },
    rules={
        "if": {"required": ["hosting"], "properties": {"hosting": {"const": "external"}}},
        "then": {"required": ["url"], "not": {"required": ["image"]}},
        "else": {"required": ["image", "port"], "not": {"required": ["url"]}},
    },
)

HOSTED_ONLY = (
    "image", "command", "port", "replicas", "health", "host", "answer_timeout", "stop_grace", "egress", "env", "secrets",
    "volumes", "database", "workers", "jobs", "resources",
)
EXTERNAL_ONLY = ("url", "ca")
