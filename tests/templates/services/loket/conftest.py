"""The image of loket, built from this checkout, and offices that run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.templates.services.loket.office import Office, Replica

SOURCE = Path(__file__).parents[4] / "templates" / "services" / "loket"


@pytest.fixture(scope="session")
def loket_image(engine: docker.DockerClient) -> str:
    """Build the image as the toolkit does; a layer that is there already costs nothing."""
    image, _ = engine.images.build(
        path=str(SOURCE),
        tag="siaga24-test/loket:1.2.3",
        buildargs={"BASE": "siaga24/python:3.11", "VERSION": "1.2.3"},
        rm=True,
    )
    return str(image.id)


def open_office(engine: docker.DockerClient, image: str, factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office whose database has no schema yet, and remove all of it afterwards."""
    office = Office(engine, image, factory.mktemp("office") / "secrets")
    yield office
    office.close()


@pytest.fixture(scope="module")
def office(
    engine: docker.DockerClient, loket_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Give an office that is ready for citizens, shared by the tests of a file and gone with them.

    Left standing, its health checks would slow down all that runs after them.
    """
    for office in open_office(engine, loket_image, tmp_path_factory):
        code, output = office.run("loket", "migrate")
        assert code == 0, output
        yield office


@pytest.fixture(scope="module")
def replica(office: Office) -> Replica:
    """Give a replica that many tests share."""
    return office.ready()
