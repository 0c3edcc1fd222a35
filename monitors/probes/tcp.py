"""TCP steps: connect, perhaps agree on TLS, and talk: send, and expect what matches."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import regex

from monitors.core.requests import Security, TcpDialogue
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.fill import Template, in_pattern
from monitors.probes.tcp_talk import Talk, as_bytes, ask_for_tls, authored, in_line
from monitors.probes.tcp_wire import certificate_problem, connect, place_of

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

STARTTLS = (Security.SMTP, Security.IMAP)


def make(desk: Desk, target: Target, step: Step) -> TcpQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return TcpQuestion(desk, target, step.tcp or TcpDialogue())


class TcpQuestion:
    """One dialogue."""

    def __init__(self, desk: Desk, target: Target, dialogue: TcpDialogue) -> None:
        self._desk, self._dialogue, self._ca_pem, self._agency = desk, dialogue, target.ca_pem, target.agency
        self._place = place_of(target, dialogue.host, dialogue.port)
        self._turns = tuple((Template(turn.send), Template(turn.expect)) for turn in dialogue.turns)
        for _, expect in self._turns:
            try:
                regex.compile(expect.fill(dict.fromkeys(expect.names, "x"), in_pattern))
            except regex.error as exc:
                raise ValueError(f'"{expect.text}" is not a regular expression: {exc}') from None

    async def ask(self, course: Course) -> None:
        """Connect and go through the turns."""
        course.asked = f"TCP {self._place.shown}"
        course.take_secrets(self._agency, *(send for send, _ in self._turns))
        wire = await connect(course, self._place)
        try:
            talk = Talk(course, wire)
            if self._dialogue.security is not Security.NONE:
                await self._secure(course, talk)
            for number, (send, expect) in enumerate(self._turns, 1):
                await self._turn(course, talk, number, send, expect)
        finally:
            wire.close()

    async def _secure(self, course: Course, talk: Talk) -> None:
        if self._dialogue.security in STARTTLS:
            course.enter("first_byte", f"waiting for {self._place.shown} to begin TLS")
            await ask_for_tls(talk, self._dialogue.security)
        try:
            await talk.wire.start_tls(self._desk.verifying(self._ca_pem), self._place.host)
        except ssl.SSLCertVerificationError as exc:
            raise ServiceProblem(certificate_problem(course, self._place, exc)) from None

    async def _turn(self, course: Course, talk: Talk, number: int, send: Template, expect: Template) -> None:
        turn = f"turn {number} of {len(self._turns)}"
        phase = "body" if number > 1 else "first_byte"
        if send.text:
            course.enter(phase, f"sending in {turn}")
            await talk.wire.send(as_bytes(send.fill(course.saved, in_line, authored)))
        if expect.text:
            pattern = regex.compile(expect.fill(course.saved, in_pattern))
            course.enter(phase, f'waiting for text that matches "{expect.text}" in {turn}')
            try:
                await talk.until(pattern, self._dialogue.max_bytes)
            except ServiceProblem as exc:
                raise ServiceProblem(f"{turn}: {exc}") from None
