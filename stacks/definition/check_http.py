"""Rules of HTTP steps that reach over several keys: bodies, credentials, secrets by name. Told at their places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.definition import names
from stacks.definition.faults import quoted
from stacks.definition.shapes import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place

BODIES = ("form", "json", "multipart", "graphql", "body")
AUTHS = ("basic", "bearer", "oauth2")
SECRET = "secret:"  # noqa: S105 - the beginning of a reference
CREDENTIAL_HEADERS = ("authorization", "proxy-authorization", "x-api-key", "x-auth-token")
# where a secret may stand: nothing of it is shown, and it goes to the service alone
SECRET_KEYS = ("headers", "form", "json", "multipart", "graphql", "body")


def check_body(step: Record, method: str, with_body: tuple[str, ...]) -> None:
    """Tell of bodies that do not go with each other or with the method."""
    bodies = [key for key in BODIES if step.has(key)]
    for key in bodies[1:]:
        step.place(key).fault(
            f'the step has both "{bodies[0]}" and "{key}"', "one body a request", "remove one of the two"
        )
    if bodies and method and method not in with_body:
        step.place(bodies[0]).fault(
            f'{method.upper()} sends no body, but "{bodies[0]}" stands here',
            f"a body with {', '.join(with_body)} only",
            f'write "post" instead of "{method}", or remove "{bodies[0]}"',
        )
    headers: Record | None = step["headers"]
    for name, text in headers.values.items() if headers else ():
        if headers and name.lower() in CREDENTIAL_HEADERS and "${" not in text:
            headers.place(name).fault(
                f"the header {name} holds a credential in plain text",
                "no secret in a definition",
                'write "auth", or ${secret:NAME} in its place, and give its value to the monitor',
            )
    if step.has("auth") and step["headers"] and any(name.lower() == "authorization" for name in step["headers"].values):
        step.place("auth").fault(
            'the step has both "auth" and a header Authorization', "one of them", "remove the header"
        )


def check_auth(record: Record | None) -> None:
    """Tell where credentials are of no kind or of several."""
    if record is None:
        return
    written = [kind for kind in AUTHS if record.has(kind)]
    if not written:
        record.at.fault("nothing says how", f"one of {', '.join(AUTHS)}", "add one of them")
    for kind in written[1:]:
        record.place(kind).fault(
            f'both "{written[0]}" and "{kind}" stand here', "one of them", "remove one of the two"
        )


def check_connection(record: Record | None) -> None:
    """Tell where a client's certificate or its key stands alone, or two ways to find the host stand together."""
    if record is None:
        return
    for key, other in (("certificate", "key"), ("key", "certificate")):
        if record.has(key) and not record.has(other):
            record.place(key).fault(f'"{key}" stands without "{other}"', "both together", f"add {other}")
    if record.has("address") and record.has("resolver"):
        record.place("resolver").fault(
            'both "address" and "resolver" stand here', "one of them", "remove one of the two"
        )


def check_secret_reference(place: Place, name: str, *, may_hold: bool) -> None:
    """Tell where ``${secret:...}`` is malformed, or stands where it would be shown."""
    if re.fullmatch(names.SECRET_REFERENCE, name) is None:
        place.fault(
            f"{quoted('${' + name + '}')} names no secret",
            "${secret:name} with small letters, digits and single underscores",
            "correct the name between the braces",
        )
    elif not may_hold:
        place.fault(
            f"the secret {quoted(name.removeprefix(SECRET))} would be shown here",
            f"secrets in auth, {', '.join(SECRET_KEYS)}, send",
            "move it there",
        )


def http_texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield the texts of other bodies in which values are put, with their places."""
    if step["body"]:
        yield step.place("body"), step["body"]
    if step["graphql"] and step["graphql"]["variables"]:
        yield step["graphql"].place("variables"), step["graphql"]["variables"]
    parts: Record | None = step["multipart"]
    for name, value in parts.values.items() if parts else ():
        if isinstance(value, Record):
            if value["content"]:
                yield value.place("content"), value["content"]
        elif parts:
            yield parts.place(name), value
    auth: Record | None = step["auth"]
    if auth and auth["basic"] and auth["basic"]["user"]:
        yield auth["basic"].place("user"), auth["basic"]["user"]
