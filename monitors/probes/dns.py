"""DNS steps: what a name server says of a name, and each way of saying nothing told apart. The only user of dnspython.

The answer is taken from the server as it is: no cache, no search list, one server asked after the other where this
machine's own are asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename

from monitors.core.errors import ProbeFault
from monitors.core.requests import DnsQuery, DnsRecord, DnsTransport
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.dns_answer import Wanted, normal
from monitors.probes.evidence import BODY_BYTES
from monitors.probes.tcp_wire import Place, addresses_of

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

DNS_PORT = 53
_REFUSALS = {
    dns.rcode.SERVFAIL: "failed to answer (SERVFAIL)",
    dns.rcode.REFUSED: "refused to answer (REFUSED)",
    dns.rcode.FORMERR: "did not understand the question (FORMERR)",
    dns.rcode.NOTIMP: "does not answer such questions (NOTIMP)",
    dns.rcode.NOTAUTH: "is not responsible for the name (NOTAUTH)",
}


def make(desk: Desk, target: Target, step: Step) -> DnsQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    query = step.dns or DnsQuery()
    return DnsQuestion(desk, target, query)


class DnsQuestion:
    """One question to a name server."""

    def __init__(self, desk: Desk, target: Target, query: DnsQuery) -> None:
        self._desk, self._query = desk, query
        text = query.name or target.base_url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        try:
            self._name = _name_of(text, query.record)
        except (dns.exception.DNSException, UnicodeError) as exc:
            raise ValueError(f'"{text}" is not a DNS name: {exc}') from None
        self._record = dns.rdatatype.from_text(query.record.value)
        self._wanted = Wanted(query.record, query.match, query.answers)
        self._server = _server_of(query.server) if query.server else None

    @property
    def _shown(self) -> str:
        return f"{self._query.record.value} of {self._name.to_text(omit_final_dot=True)}"

    async def ask(self, course: Course) -> None:
        """Ask, and check the answers."""
        course.asked = f"DNS {self._shown} by {self._query.transport.value}"
        message = await self._answered(course)
        answers = self._records(message)
        if not answers:
            problem = f"expected {self._shown}, {course.outcome.address} says that there is none"
            raise ServiceProblem(f"{problem} (the name has other records: NOERROR without an answer)")
        problem = self._wanted.problem(answers)
        if problem:
            raise ServiceProblem(f"{self._shown}: {problem}")

    async def _answered(self, course: Course) -> dns.message.Message:
        """Give the first server's answer; the next one is asked where one is silent or fails."""
        servers = [self._server] if self._server else system_servers()
        problems: list[str] = []
        for number, place in enumerate(servers):
            address = (await addresses_of(course, place))[0]
            course.outcome.address = address
            course.enter("dns", f"waiting for {place.shown} to answer the question for {self._shown}")
            if self._server:
                # the caller's own time-out ends it, and tells what it waited for
                message = await self._exchange(address, place)
            else:
                try:
                    async with asyncio.timeout(course.left_s / (len(servers) - number)):
                        message = await self._exchange(address, place)
                except TimeoutError:
                    problems.append(f"{place.shown} did not answer the question for {self._shown}")
                    continue
                except ServiceProblem as exc:
                    problems.append(str(exc))
                    continue
            course.answered = message.to_text()[:BODY_BYTES]
            code = message.rcode()
            if code == dns.rcode.NXDOMAIN:
                raise ServiceProblem(
                    f"{place.shown} says that there is no name {self._name.to_text(omit_final_dot=True)} (NXDOMAIN)",
                )
            if code == dns.rcode.NOERROR:
                return message
            what = _REFUSALS.get(code, f"answered with an error ({dns.rcode.to_text(code)})")
            problems.append(f"{place.shown} {what}, asked for {self._shown}")
        raise ServiceProblem("; ".join(problems))

    async def _exchange(self, address: str, place: Place) -> dns.message.Message:
        question = dns.message.make_query(self._name, self._record, use_edns=0, payload=1232)
        question.flags |= dns.flags.RD
        try:
            if self._query.transport is DnsTransport.TCP:
                return await dns.asyncquery.tcp(question, address, port=place.port)
            # answers from elsewhere or to other questions are no answers: wait for the right one
            message, _ = await dns.asyncquery.udp_with_fallback(
                question, address, port=place.port, ignore_unexpected=True, ignore_errors=True,
            )
        except EOFError:
            raise ServiceProblem(f"{place.shown} closed the connection without an answer") from None
        except dns.exception.DNSException as exc:
            raise ServiceProblem(f"what {place.shown} answered is not DNS: {str(exc) or type(exc).__name__}") from None
        except ConnectionRefusedError:
            raise ServiceProblem(f"{place.shown} refused the question: no name server is there") from None
        except ConnectionError as exc:
            raise ServiceProblem(f"connection to {place.shown} lost: {(exc.strerror or 'reset').lower()}") from None
        except OSError as exc:
            raise ProbeFault(f"the question could not be sent to {place.shown}: {exc.strerror or exc}") from None
        return message

    def _records(self, message: dns.message.Message) -> list[str]:
        """Give the records of the asked type, those behind aliases (CNAME) too, as text."""
        return [
            _text(self._query.record, record)
            for records in message.answer if records.rdtype == self._record
            for record in records
        ]


def _text(kind: DnsRecord, record: Any) -> str:
    if kind is DnsRecord.TXT:
        return b"".join(record.strings).decode("utf-8", "backslashreplace")
    return normal(kind, record.to_text())


def system_servers() -> list[Place]:
    """Give this machine's own name servers. Raises ProbeFault where none are set."""
    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except dns.exception.DNSException as exc:
        raise ProbeFault(f"this machine has no name server set: {exc}; name one in the step: server: ADDRESS") from None
    # the machine's owner set these, not an agency: they are asked wherever they are
    return [Place(host=str(server), port=DNS_PORT, address=str(server)) for server in found]


def _name_of(text: str, record: DnsRecord) -> dns.name.Name:
    if record is DnsRecord.PTR:
        with contextlib.suppress(ValueError):
            return dns.reversename.from_address(str(ip_address(text)))
    return dns.name.from_text(text)


def _server_of(text: str) -> Place:
    with contextlib.suppress(ValueError):
        return Place(host=str(ip_address(text.strip("[]"))), port=DNS_PORT)
    host, colon, port = text.rpartition(":")
    if not colon:
        return Place(host=text, port=DNS_PORT)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f'name server "{text}": expected ADDRESS or HOST, perhaps with :PORT')
    return Place(host=host.strip("[]"), port=int(port))
