"""Descriptors of this process, counted seldom."""

from __future__ import annotations

import resource
import socket

import pytest

from monitors import load
from monitors.load import Descriptors, most_descriptors, open_descriptors


def test_an_open_socket_is_counted():
    before = open_descriptors()
    with socket.socket():
        assert open_descriptors() == before + 1


def test_the_most_is_the_soft_limit():
    assert most_descriptors() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_it_is_counted_each_second_while_busy_and_seldom_else(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def count() -> int:
        asked.append(1)
        return len(asked)

    monkeypatch.setattr(load, "open_descriptors", count)
    descriptors = Descriptors()
    for _ in range(40):
        descriptors.beat(under_way=1, limit=100)
    assert len(asked) == 1
    for _ in range(40):
        descriptors.beat(under_way=50, limit=100)
    assert len(asked) == 11
    assert descriptors.count == 11
