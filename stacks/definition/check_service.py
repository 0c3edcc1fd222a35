"""Rules of a service that reach over several keys: hosted or external, secrets, data, transactions."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from stacks.definition.build_week import NOT_COVERED, promise_hours
from stacks.definition.check_secret import check_env
from stacks.definition.check_transaction import check_transaction
from stacks.definition.grammar_service import EXTERNAL_ONLY, HOSTED_ONLY
from stacks.definition.grammar_week import ALWAYS

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.definition.faults import Place
    from stacks.definition.shapes import Record
    from stacks.model import Tier

DATABASE_URL = "DATABASE_URL"  # the secret by which a service knows its database


def is_external(service: Record) -> bool:
    """Tell whether the service is only watched."""
    return bool(service["hosting"] == "external")


def check_service(service: Record, tier: Tier, folder: Path) -> None:
    """Tell all that is wrong between the keys of one service. Files are named from ``folder``."""
    if service.has("hosting") and service["hosting"] is None:
        pass  # whether it is hosted is not known; what is told of that is enough
    elif is_external(service):
        _check_external(service, folder)
    else:
        _check_hosted(service, folder)
    _check_hours(service["promise"])
    transactions: Record | None = service["transactions"]
    if transactions is None:
        return
    for transaction in transactions.values.values():
        check_transaction(transaction, tier)
    read = list(transactions.values.values())
    if read and len(read) == len(transactions.places) and all(one["primary"] is False for one in read):
        service.place("transactions").fault(
            "no transaction is primary",
            "one at least",
            'remove "primary: false" from what citizens need most',
        )


def _check_hours(promise: Record | None) -> None:
    hours = promise["hours"] if promise else None
    if hours in (None, ALWAYS) or len(hours.values) < len(hours.places) or any(promise_hours(hours, NOT_COVERED)):
        return
    hours.at.fault(
        "no day has any hours", "the hours that the promise covers", 'name days, such as "every_day: 06:00-24:00"'
    )


def check_file(at: Place, name: str | None, folder: Path, what: str) -> Path | None:
    """Tell where a file that the definition names is not there or cannot be read; return its path."""
    if name is None:
        return None
    path = folder / name
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as exc:
        reason = "is a folder" if path.is_dir() else (exc.strerror or "cannot be read").lower()
        at.fault(f'"{name}" cannot be read: {reason}', what, "put the file there, or correct the name")
        return None
    return path


def _check_external(service: Record, folder: Path) -> None:
    if not service.has("url"):
        service.at.fault(
            'the key "url" is missing', "the address of an external service", 'add it, such as "url: https://..."'
        )
    for key in HOSTED_ONLY:
        if service.has(key):
            service.place(key).fault(
                f'an external service has no "{key}"',
                "what is watched, and no hosting",
                'remove it, or remove "hosting: external"',
            )
    path = check_file(service.place("ca"), service["ca"], folder, "a PEM file of certificates")
    if path and b"-----BEGIN CERTIFICATE-----" not in path.read_bytes():
        service.place("ca").fault(
            f'"{service["ca"]}" holds no PEM certificate',
            "a PEM file of certificates",
            "name the authority's certificate",
        )


def _check_hosted(service: Record, folder: Path) -> None:
    for key in EXTERNAL_ONLY:
        if service.has(key):
            service.place(key).fault(
                f'a hosted service has no "{key}"',
                "image and port",
                'remove it, or add "hosting: external"',
            )
    if not service.has("url"):
        for key, what, example in (
            ("image", "an image with its version", "siaga24/loket:1.0.0"),
            ("port", "a port", "8000"),
        ):
            if not service.has(key):
                service.at.fault(f'the key "{key}" is missing', what, f'add it, such as "{key}: {example}"')
    if service["env"]:
        check_env(service["env"])
    _check_secret_names(service)
    _check_volumes(service)
    _check_database(service, folder)


def _check_secret_names(service: Record) -> None:
    """A secret's file stands in NAME_FILE, which nothing else may set."""
    secrets: list[tuple[Place, str]] = service["secrets"] or []
    env: Record | None = service["env"]
    has_database = service.has("database")
    for place, name in secrets:
        if has_database and name == DATABASE_URL:
            place.fault(f"{DATABASE_URL} is made from the database below", "other names", "remove it from the list")
        if env and env.has(name):
            env.place(name).fault(f"{name} is also a secret", "it in one of the two", 'remove it from "env"')
    made = {f"{name}_FILE" for _, name in secrets} | ({f"{DATABASE_URL}_FILE"} if has_database else set())
    for name in env.places if env else ():
        if env and name in made:
            env.place(name).fault(f"{name} is set by the toolkit", "other names", 'remove it from "env"')
        if env and has_database and name == DATABASE_URL and env[name] is not None:
            env.place(name).fault(
                f"{name} is made from the database below",
                "other names",
                f"remove it; the service reads {name}_FILE",
            )


def _check_volumes(service: Record) -> None:
    volumes: Record | None = service["volumes"]
    paths = sorted((path.rstrip("/") + "/", name) for name, path in volumes.values.items()) if volumes else []
    for (outer, first), (inner, second) in pairwise(paths):
        if inner.startswith(outer) and volumes:
            volumes.place(second).fault(
                f'its path {inner.rstrip("/")} is {"also" if inner == outer else "inside"} that of "{first}"',
                "paths apart from each other",
                "choose another path for one of them",
            )


def _check_database(service: Record, folder: Path) -> None:
    database: Any = service["database"]
    if database is None or isinstance(database, str):
        return
    if len(database.places) != 1:
        database.at.fault(
            f"{len(database.places) or 'no'} of own and external stand here",
            "exactly one",
            'write "database: own" or keep one',
        )
    external: Record | None = database["external"]
    if external and not database.has("own"):
        place = external.place("password_file")
        path = check_file(place, external["password_file"], folder, "a file that holds the password alone")
        if path and path.stat().st_mode & 0o077:
            place.fault(
                f'"{external["password_file"]}" can be read by other users',
                "mode 0600",
                f"run: chmod 600 {external['password_file']}",
            )
