"""A raw connection that ended, in the words of both engines: an answer, its phases, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.model import Phases
from monitors.core.verdict import US_PER_S, spoken_us
from monitors.probes.answer import Answer, Marks, header_of, host_of, text_of
from monitors.probes.failures import Failure, Phase, explain

if TYPE_CHECKING:
    from monitors.probes.raw_http_connection import RawConnection
    from monitors.probes.redirects import Hop


def plain_answer(ended: RawConnection, *, wants_headers: bool) -> Answer:
    """Give what came, without the lines of its head."""
    answer = Answer()
    answer.address = "" if ended.is_connecting else ended.address
    head = ended.head
    if head is not None:
        answer.status = head.status
        answer.content_type = text_of(head.content_type)
        chunks = ended.sink.chunks
        answer.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if wants_headers:
            answer.headers = [header_of(line) for line in ended.head_lines()[1:-1]]
    answer.phases = _phases(ended)
    return answer


def answer_of(ended: RawConnection, hop: Hop, *, wants_headers: bool) -> Answer:
    """Give the answer of a connection that is not odd."""
    answer, sink = plain_answer(ended, wants_headers=wants_headers), ended.sink
    answer.head = ended.head_lines()
    end_us = _us(ended.began_s, ended.end_s)
    if ended.fault:
        answer.failure = Failure(problem=ended.fault, is_ours=True)
    elif ended.code:
        answer.failure = Failure(problem=f"{sink.problem} after {spoken_us(end_us)}") if sink.problem else explain(
            ended.code, "", host=host_of(hop.url), phase=ended.phase, taken_us=end_us, system=ended.system,
            received=sink.size, limit=sink.limit,
        )
    elif problem := sink.end():
        answer.failure = Failure(problem=f"{problem} after {spoken_us(end_us)}")
    return answer


def marks_of(ended: RawConnection, heard_us: int) -> Marks:
    """Give the marks of an answer that libcurl went on with for ``heard_us``: the first byte had come before."""
    connected, first = _us(ended.began_s, ended.connected_s), _us(ended.began_s, ended.first_s)
    return Marks(0, max(1, connected), max(1, connected), first, _us(ended.began_s, ended.end_s) + heard_us)


def _phases(ended: RawConnection) -> Phases:
    """Cut the time into phases; where it failed, the phase that it was in has the rest. No name is looked up."""
    end_us = _us(ended.began_s, ended.end_s)
    if ended.is_connecting:
        return Phases(connect_us=end_us)
    connect_us = _us(ended.began_s, ended.connected_s)
    first_us = _us(ended.began_s, ended.first_s) if ended.phase is Phase.BODY else end_us
    return Phases(connect_us=connect_us, first_byte_us=first_us - connect_us, body_us=end_us - first_us)


def _us(start_s: float, end_s: float) -> int:
    return int((end_s - start_s) * US_PER_S)
