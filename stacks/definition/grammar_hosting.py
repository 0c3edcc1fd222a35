"""The grammar of what a hosted service is made of: limits, database, workers, jobs."""

from __future__ import annotations

from decimal import Decimal

from stacks.definition import names
from stacks.definition.amounts import Duration, Number, Size, Whole
from stacks.definition.lists import ListOf, OneOf
from stacks.definition.scalars import Choice, Text
from stacks.definition.shapes import Key, Shape
from stacks.model import MAX_CODE_LENGTH
from stacks.parts import MIB

GIB = 1024 * MIB

CODE = Text(
    word=f"a code of small letters, digits and hyphens, at most {MAX_CODE_LENGTH}",
    pattern=names.CODE_PATTERN,
    most=200,
    check=names.code,
)
HOST = Text(word="a host name", pattern=names.HOST_PATTERN, most=300, check=names.host)
ARGUMENT = Text(word="a word of the command", most=2000, takes_numbers=True, lines=True)
COMMAND = ListOf(kind=ARGUMENT, most=50, what="a list such as [loket, migrate]")
FILE = Text(word="a file, relative to this one", most=500)
PORT = Whole(low=1, high=65535)
REPLICAS = Whole(low=1, high=50)

RESOURCES = Shape(
    title="resources",
    doc="What one container may use at most.",
    keys={
        "memory": Key(
            kind=Size(low=6 * MIB, high=1024 * GIB), doc="Memory, without swap.", default="the tier's", example="256MiB"
        ),
        "cpus": Key(
            kind=Number(above=Decimal(0), most=Decimal(256)), doc="CPUs, in parts.", default="the tier's", example="0.5"
        ),
        "pids": Key(kind=Whole(low=1, high=100_000), doc="Processes and threads.", default="the tier's", example="128"),
    },
)

LOG = Shape(
    title="log",
    doc="How much a container's log may hold; the oldest file is dropped.",
    keys={
        "file": Key(
            kind=Size(low=1024, high=1024 * GIB), doc="Size of a log file.", default="the tier's", example="10MiB"
        ),
        "files": Key(kind=Whole(low=1, high=1000), doc="How many of them are kept.", default="the tier's", example="3"),
    },
)

OWN_DATABASE = Shape(
    title="own",
    doc="A PostgreSQL that the toolkit runs for this service alone, on a volume that is protected and kept.",
    keys={
        "memory": Key(
            kind=Size(low=64 * MIB, high=1024 * GIB),
            doc="Memory of the server.",
            default="the tier's",
            example="512MiB",
        )
    },
)

EXTERNAL_DATABASE = Shape(
    title="external",
    doc="A PostgreSQL that somebody else runs.",
    keys={
        "host": Key(
            kind=Text(
                word="a host name or address",
                most=253,
                check=names.matches("[A-Za-z0-9.-]+", "write the name or address alone"),
            ),
            doc="Where it answers.",
            required=True,
            example="db.dinkes.example",
        ),
        "port": Key(kind=PORT, doc="Port.", default="5432", example="5432"),
        "name": Key(kind=Text(word="a database's name", most=63), doc="Database.", required=True, example="antrean"),
        "user": Key(kind=Text(word="a user's name", most=63), doc="User.", required=True, example="antrean"),
        "password_file": Key(
            kind=FILE,
            doc="File that holds the password alone, kept out of version control, mode 0600.",
            required=True,
            example=".siaga24/antrean-db-password",
        ),
    },
)

DATABASE = OneOf(
    scalar=Choice(meaning={"own": "a PostgreSQL of the service's own"}, also="or a mapping with own or external"),
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
        "command": Key(kind=COMMAND, doc="Command and its arguments.", required=True, example="[antrean, kirim-pesan]"),
        "replicas": Key(kind=REPLICAS, doc="How many of it run.", default="1", example="1"),
    },
)

JOB = Shape(
    title="job",
    doc="A command of the service's image, run to success once a release, before new replicas start.",
    keys={
        "command": Key(kind=COMMAND, doc="Command and its arguments.", required=True, example="[loket, migrate]"),
        "deadline": Key(
            kind=Duration(low_ms=1_000, high_ms=86_400_000, usual="5m"),
            doc="A job that takes longer has failed.",
            default="5m",
            example="5m",
        ),
    },
)

NAMES = Text(word="a name of small letters, digits and hyphens", pattern=names.CODE_PATTERN, most=40, check=names.code)
