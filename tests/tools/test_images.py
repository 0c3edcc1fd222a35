"""Images on the real engine: by digest from a real registry, built, archived, restored, and rebuilt when they change."""

from __future__ import annotations

import pytest

from tests.tools.conftest import Workshop
from tests.tools.fakes import Heard
from tools.part import PartError

pytestmark = pytest.mark.engine


def test_the_base_comes_from_the_registry_by_digest_and_the_rest_is_built_on_it(workshop: Workshop):
    finding = workshop.part().look()
    assert finding.will == (f"images {workshop.tag}, built from Debian packages",)
    assert finding.needs == ("docker",)
    heard = Heard()
    assert workshop.part().make(heard) == "1 images (1 built)"
    assert f"pulling {workshop.base}" in heard.phases
    assert workshop.file_in_image() == "first"
    digests = workshop.engine.images.get(workshop.tag.replace("app", "base")).attrs["RepoDigests"]
    assert workshop.base in digests


def test_a_second_run_has_nothing_to_do(workshop: Workshop):
    workshop.part().make(Heard())
    assert workshop.part().look().have == "1 images"
    heard = Heard()
    assert workshop.part().make(heard) == "1 images"
    assert heard.phases == []


def test_a_wiped_engine_gets_its_images_back_from_the_archive(workshop: Workshop):
    workshop.part().make(Heard())
    workshop.wipe()
    finding = workshop.part().look()
    assert finding.will == (f"images {workshop.tag} from {workshop.cache / 'images'}",)
    assert workshop.part().make(Heard()) == "1 images", "nothing was built"
    assert workshop.file_in_image() == "first"


def test_an_archive_that_is_broken_is_removed_and_the_images_are_built(workshop: Workshop):
    workshop.part().make(Heard())
    workshop.wipe()
    archive = next((workshop.cache / "images").iterdir())
    archive.write_bytes(archive.read_bytes()[:100])
    heard = Heard()
    assert workshop.part().make(heard) == "1 images (1 built)"
    assert any("it was removed, and its images are built anew" in phase for phase in heard.phases)
    assert archive.stat().st_size > 100, "a good one was kept instead"


def test_a_change_of_the_folder_builds_the_image_anew_and_going_back_takes_it_from_the_archive(workshop: Workshop):
    workshop.part().make(Heard())
    content = workshop.root / "app" / "content"
    content.write_text("second", encoding="utf-8")
    assert workshop.part().make(Heard()) == "1 images (1 built)"
    assert workshop.file_in_image() == "second"
    content.write_text("first", encoding="utf-8")
    assert workshop.part().make(Heard()) == "1 images"
    assert workshop.file_in_image() == "first"


def test_old_archives_do_not_pile_up(workshop: Workshop):
    for number in range(5):
        (workshop.root / "app" / "content").write_text(str(number), encoding="utf-8")
        workshop.part().make(Heard())
    assert len(list((workshop.cache / "images").iterdir())) == 3


def test_a_registry_that_does_not_answer_gives_way_to_building(workshop: Workshop):
    workshop.part().make(Heard())
    heard = Heard()
    nobody = f"127.0.0.1:9/siaga24/app@sha256:{'b' * 64}"
    said = workshop.part(SIAGA24_IMAGE_APP=nobody).make(heard)
    assert any("look whether the registry answers" in phase and "instead" in phase for phase in heard.phases)
    assert said == "1 images (1 built)"


def test_an_image_that_cannot_be_built_says_where_and_why(workshop: Workshop):
    (workshop.root / "app" / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY not-there /\n", encoding="utf-8")
    with pytest.raises(PartError, match=rf"building {workshop.tag} failed \(exit code 1\)") as raised:
        workshop.part().make(Heard())
    assert raised.value.log is not None
    assert "not-there" in raised.value.log.read_text(encoding="utf-8")
