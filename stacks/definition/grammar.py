"""The grammar of the files of a workspace: agency files, ``siaga24.yaml``, and the tiers that come with the toolkit."""

from __future__ import annotations

from decimal import Decimal

from stacks.definition import names
from stacks.definition.amounts import Number, Whole
from stacks.definition.grammar_hosting import CODE, FILE, HOST, LOG, NAMES, OWN_DATABASE, PORT, REPLICAS, RESOURCES
from stacks.definition.grammar_service import SERVICE
from stacks.definition.grammar_transaction import DEADLINE, INTERVAL, PROMISE
from stacks.definition.grammar_week import OFFICE_HOURS
from stacks.definition.lists import ListOf
from stacks.definition.provinces import PROVINCES
from stacks.definition.scalars import Choice, Text
from stacks.definition.shapes import Key, MapOf, Shape

VERSION = Whole(low=1, high=1, hint="write 1, the only version so far")
SUBNET = Text(word="a subnet such as 10.124.0.0/26", most=40, check=names.subnet)

KINDS = Choice(
    meaning={
        "ministry": "kementerian",
        "institution": "lembaga",
        "province": "provinsi",
        "regency": "kabupaten",
        "city": "kota",
    }
)
TIERS = Choice(
    meaning={"bronze": "one replica", "silver": "two replicas, the usual", "gold": "three replicas, probed oftener"}
)

CONTACT = Shape(
    title="contact",
    doc="Somebody to reach at the agency.",
    keys={
        "name": Key(kind=Text(most=120), doc="Name or post.", required=True, example="Piket Dinkes"),
        "role": Key(kind=Text(most=80), doc="What for.", example="operator"),
        "email": Key(
            kind=Text(
                word="an e-mail address",
                most=200,
                check=names.matches(r"[^@\s]+@[^@\s]+\.[^@\s]+", "write it such as piket@dinkes.example"),
            ),
            doc="E-mail address.",
            example="piket@dinkes.example",
        ),
        "phone": Key(
            kind=Text(
                word="a phone number in quotes",
                pattern=r"\+?[0-9][0-9 ()-]{4,30}",
                most=40,
                check=names.matches(r"\+?[0-9][0-9 ()-]{4,30}", 'write it such as "+62 22 420 0000"'),
            ),
            doc="Phone number, in quotes.",
            example='"+62 22 420 0000"',
        ),
    },
)

CERTIFICATE = Shape(
    title="certificate",
    doc="The gateway's certificate. Without it the toolkit's own local authority signs one.",
    keys={
        "cert": Key(
            kind=FILE,
            doc="PEM file of the certificate and its chain; it covers every host name.",
            required=True,
            example="tls/dinkes.pem",
        ),
        "key": Key(
            kind=FILE,
            doc="PEM file of the private key, kept out of version control.",
            required=True,
            example="tls/dinkes.key",
        ),
    },
)

GATEWAY = Shape(
    title="gateway",
    doc="Where the agency's one gateway listens on the host.",
    keys={
        "bind": Key(
            kind=Text(word="an IPv4 address", most=40, check=names.address),
            doc="Address to listen on.",
            default="127.0.0.1",
            example="127.0.0.1",
        ),
        "https_port": Key(
            kind=PORT, doc="Port for HTTPS; unique among the agencies of one address.", required=True, example="8443"
        ),
        "http_port": Key(kind=PORT, doc="Port that redirects to HTTPS.", default="none", example="8080"),
        "certificate": Key(kind=CERTIFICATE, doc="Certificate and key.", default="made by the local authority"),
    },
)

NETWORK = Shape(
    title="network",
    doc="The agency's part of the pool in `siaga24.yaml`.",
    keys={
        "subnet": Key(
            kind=SUBNET,
            doc="Subnet of the pool, of the prefix set there, no other agency's.",
            required=True,
            example="10.124.0.0/26",
        )
    },
)

AGENCY = Shape(
    title="agency",
    doc="One file for each agency, named CODE.yaml.",
    keys={
        "version": Key(kind=VERSION, doc="Version of this format.", required=True, example="1"),
        "code": Key(
            kind=CODE,
            doc="Code: the file's name without .yaml; begins every name that is derived.",
            required=True,
            example="dinkes-bandung",
        ),
        "name": Key(kind=Text(most=200), doc="Full name.", required=True, example="Dinas Kesehatan Kota Bandung"),
        "kind": Key(kind=KINDS, doc="What sort of institution it is, or belongs to.", required=True, example="city"),
        "province": Key(
            kind=Choice(meaning=PROVINCES),
            doc="Province that it belongs to, for the nation's figures by province; none for the whole nation's.",
            default="none",
            example="jawa-barat",
        ),
        "time_zone": Key(
            kind=Text(word="a time zone such as Asia/Jakarta", most=60, check=names.time_zone),
            doc="Time zone whose months count: Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT).",
            required=True,
            example="Asia/Jakarta",
        ),
        "office_hours": Key(kind=OFFICE_HOURS, doc="Its own office hours.", default="the usual (see below)"),
        "tier": Key(kind=TIERS, doc="Which defaults its services get.", default="silver", example="silver"),
        "wave": Key(
            kind=NAMES,
            doc="Group in which it is rolled out, one of `waves` in `siaga24.yaml`.",
            default="the last of them",
            example="pilot",
        ),
        "domain": Key(
            kind=HOST,
            doc="Domain of its services' host names.",
            default="CODE.domain of `siaga24.yaml`",
            example="dinkes-bandung.example",
        ),
        "contacts": Key(kind=ListOf(kind=CONTACT, most=50), doc="Whom to reach.", default="none"),
        "network": Key(kind=NETWORK, doc="Addresses; needed where a service is hosted."),
        "gateway": Key(kind=GATEWAY, doc="Ports and certificate; needed where a service is hosted."),
        "services": Key(
            kind=MapOf(names=CODE, kind=SERVICE, most=200, what="services by code"),
            doc="Its public services, by code.",
            required=True,
        ),
    },
)

SETTINGS = Shape(
    title="siaga24.yaml",
    doc="Settings of a workspace; this file makes a folder a workspace.",
    keys={
        "version": Key(kind=VERSION, doc="Version of this format.", required=True, example="1"),
        "network": Key(
            kind=Shape(
                title="network",
                doc="Addresses of all agencies.",
                keys={
                    "pool": Key(
                        kind=SUBNET,
                        doc="Range that every agency's subnet is cut out of.",
                        default="10.124.0.0/14",
                        example="10.124.0.0/14",
                    ),
                    "prefix": Key(
                        kind=Whole(low=8, high=28), doc="Size of an agency's subnet.", default="26", example="26"
                    ),
                },
            ),
            doc="Addresses of all agencies.",
        ),
        "domain": Key(
            kind=HOST,
            doc="An agency's domain is its code below this one, unless its file says otherwise.",
            default="example",
            example="layanan.example",
        ),
        "docker": Key(
            kind=Shape(
                title="docker",
                doc="The Docker engine.",
                keys={
                    "host": Key(
                        kind=Text(word="where a Docker engine answers", most=300, check=names.engine_host),
                        doc="Where it answers.",
                        default="unix:///var/run/docker.sock",
                        example="unix:///var/run/docker.sock",
                    ),
                },
            ),
            doc="The Docker engine.",
        ),
        "monitor": Key(
            kind=Shape(
                title="monitor",
                doc="The monitor.",
                keys={
                    "listen": Key(
                        kind=Text(word="an address and port", most=60, check=names.listen),
                        doc="Where /metrics and /healthz are served.",
                        default="127.0.0.1:9924",
                        example="127.0.0.1:9924",
                    ),
                    "vantage": Key(
                        kind=NAMES, doc="Name of the place that it runs from.", default="local", example="bandung"
                    ),
                    "allow_networks": Key(
                        kind=ListOf(
                            kind=Text(word="a network or an address", most=60, check=names.network), most=100,
                            is_set=True,
                        ),
                        doc="Networks that probes may go to although they are loopback, link-local, private or the "
                        "monitor's own; all others of these are refused, after names are looked up and after every "
                        "redirect.",
                        default="none",
                        example="[10.20.0.0/16]",
                    ),
                    "canaries": Key(
                        kind=ListOf(
                            kind=Text(word="a URL or HOST:PORT", most=200, check=names.canary), most=20, is_set=True,
                        ),
                        doc="Witnesses of this machine's own network. A run that fails is `unknown`, not `down`, where "
                        "most of them cannot be reached either. With none, nothing is asked, and a failure of the own "
                        "network reads as `down`.",
                        default="none",
                        example='[10.0.0.1:53, "https://www.bmkg.go.id/", "https://www.apnic.net/"]',
                    ),
                    "lone_failures": Key(
                        kind=Number(above=Decimal(0), most=Decimal(50)),
                        doc="Percent of single tries that fail at a healthy service; promises must stay provable.",
                        default="0.05",
                        example="0.05",
                    ),
                },
            ),
            doc="The monitor.",
        ),
        "waves": Key(
            kind=ListOf(kind=NAMES, most=50, is_set=True),
            doc="Waves of a rollout, in order.",
            default="[pilot, rest]",
            example="[pilot, rest]",
        ),
    },
)

TIER = Shape(
    title="tier",
    doc="Defaults for what an agency's file leaves open.",
    keys={
        "version": Key(kind=VERSION, doc="Version of this format.", required=True),
        "code": Key(kind=CODE, doc="Name of the tier.", required=True),
        "description": Key(kind=Text(most=300), doc="For whom it is meant.", required=True),
        "replicas": Key(kind=REPLICAS, doc="Replicas of a service.", required=True),
        "resources": Key(kind=RESOURCES, doc="Limits of a container.", required=True),
        "database": Key(kind=OWN_DATABASE, doc="Limits of an own database.", required=True),
        "promise": Key(kind=PROMISE, doc="Promise of a service.", required=True),
        "interval": Key(kind=INTERVAL, doc="Interval of a transaction.", required=True),
        "deadline": Key(kind=DEADLINE, doc="Deadline of a try.", required=True),
        "log": Key(kind=LOG, doc="Log limits of a container.", required=True),
    },
)
