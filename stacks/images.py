"""Turn the image names of a definition into the engine's own image IDs, or say which are missing and what is there.

A tag that moves would change what runs without a release; so the program gets IDs alone.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from infra.spec import ImageSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stacks.engine import Engine
    from stacks.engine_facts import ImageFacts

NOBODY = 65532                           # for images that would run as root, or say nothing
SHOWN = 4


def resolve_images(engine: Engine, names: Iterable[str]) -> tuple[dict[str, ImageSpec], list[str]]:
    """Return (name -> image, reasons why not): one reason for each image that is not on the engine."""
    found: dict[str, ImageSpec] = {}
    reasons: list[str] = []
    there: tuple[str, ...] | None = None
    for name in sorted(set(names)):
        facts = engine.image(name)
        if facts is None:
            there = engine.image_names() if there is None else there
            reasons.append(_missing(name, there))
        elif facts.uid < 0 or facts.gid < 0:
            reasons.append(
                f"image {name}: its USER is not in its /etc/passwd or /etc/group; expected numbers, or names that are; "
                "build it with a numeric USER",
            )
        else:
            found[name] = image_spec(facts)
    return found, reasons


def image_spec(facts: ImageFacts) -> ImageSpec:
    """Turn what the engine says of an image into what a stack is made from; root becomes nobody."""
    is_root = facts.uid == 0
    return ImageSpec(
        id=facts.id, uid=NOBODY if is_root else facts.uid, gid=NOBODY if is_root or facts.gid == 0 else facts.gid,
        volumes=facts.volumes, health=facts.health,
    )


def _missing(name: str, there: Sequence[str]) -> str:
    repository = name.split("@", maxsplit=1)[0].rpartition(":")[0] or name
    same = [tag for tag in there if tag.rpartition(":")[0] == repository]
    near = same or difflib.get_close_matches(name, there, n=SHOWN)
    what_is = f"there are {', '.join(near[-SHOWN:])}" if near else "none of a similar name is there"
    return (
        f"image {name}: not on the engine; {what_is}; load it (docker load -i FILE, or docker pull {name}), "
        'make the samples\' images with "make ready", or correct "image" in the definition'
    )
