"""Names of images become the engine's IDs; what is missing is told with what is there; nobody runs as root."""

from __future__ import annotations

from typing import cast

from stacks.engine import Engine
from stacks.engine_facts import ImageFacts
from stacks.images import NOBODY, image_spec, resolve_images
from tests.stacks.fake_engine import FakeEngine


def an_image(name: str, **given) -> ImageFacts:
    return ImageFacts(**{"id": f"sha256:{'0' * 64}", "reference": name, "uid": 10003, "gid": 10003, **given})


def test_missing_images_are_told_with_what_is_there_and_how_to_load_them() -> None:
    engine = FakeEngine(images={"siaga24/loket:1.0.0": an_image("siaga24/loket:1.0.0")})
    found, reasons = resolve_images(cast("Engine", engine), ["siaga24/loket:1.0.1", "siaga24/loket:1.0.0", "lain/x:1"])
    assert list(found) == ["siaga24/loket:1.0.0"]
    assert reasons[0].startswith("image lain/x:1: not on the engine; none of a similar name is there; load it (docker load")
    assert "image siaga24/loket:1.0.1: not on the engine; there are siaga24/loket:1.0.0; " in reasons[1]


def test_an_image_of_root_or_of_nobody_runs_as_nobody_and_a_strange_user_is_told() -> None:
    assert (image_spec(an_image("a", uid=0, gid=0)).uid, image_spec(an_image("a", uid=5, gid=0)).gid) == (NOBODY, NOBODY)
    engine = FakeEngine(images={"a:1": an_image("a:1", uid=-1)})
    _, reasons = resolve_images(cast("Engine", engine), ["a:1"])
    assert "its USER is not in its /etc/passwd" in reasons[0]
