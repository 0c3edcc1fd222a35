"""From runs to what a service was at each instant, and to the bounds of what it may have been.

The way: stretches of one transaction at one vantage -> its *sight* at each instant; vantages by quorum; transactions by
the worst. A sight is (verdict, possibly down, certainly down); ``docs/semantics.md`` has the rules in words.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.bounds import certainly_down, possibly_down
from monitors.core.history import GOOD, by_life
from monitors.core.model import Quorum, Verdict
from monitors.core.quorum import is_enough, of_any_vantage, of_transactions, of_vantages
from monitors.core.span import Span, Spans, clip, merge, subtract, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitors.core.history import Definition, Gap, Life, ServiceHistory, Stretch

FRESH_MS = 10_000
"""A heartbeat not older than this is that of a monitor that lives: figures then end at the heartbeat."""

Segment = tuple[int, int, Verdict]
Sight = tuple[Verdict, bool, bool]
SightPiece = tuple[int, int, Sight]
BLIND: Sight = (Verdict.UNKNOWN, True, False)
ANY_HERE: Sight = (Verdict.DOWN, True, True)     # a mark, no sight: one vantage is enough


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTimeline:
    """What a service was from the start of its life to ``until_ms``.

    ``segments`` have no holes between them; ``possibly_down`` contains every ``down`` and ``unknown`` one,
    ``certainly_down`` lies within the ``down`` ones.
    """

    start_ms: int
    until_ms: int
    segments: tuple[Segment, ...]
    possibly_down: Spans
    certainly_down: Spans

    def spans(self, verdict: Verdict) -> Spans:
        """When the service had this verdict."""
        return merge((start, end) for start, end, found in self.segments if found is verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The part of a life that counts: what an earlier life at the same vantage has covered is not covered again."""

    life: str
    start_ms: int
    end_ms: int


def data_until(lives: Iterable[Life], now_ms: int) -> int:
    """Say up to when figures reach: the newest heartbeat while a monitor lives, else now (``unknown`` since then)."""
    heartbeat_ms = max((life.heartbeat_ms for life in lives), default=now_ms)
    return heartbeat_ms if now_ms - heartbeat_ms <= FRESH_MS else now_ms


def watches(lives: Iterable[Life], vantage: str, until_ms: int) -> tuple[Watch, ...]:
    """Say when the vantage was manned, in order of the lives; between two watches lies at least a moment of nothing."""
    found: list[Watch] = []
    covered_ms: int | None = None
    for life in lives:
        if life.vantage != vantage:
            continue
        start = life.opened_ms if covered_ms is None else max(life.opened_ms, covered_ms)
        end = min(life.heartbeat_ms, until_ms)
        if start <= end:
            found.append(Watch(life=life.life, start_ms=start, end_ms=end))
            covered_ms = max(life.heartbeat_ms, start)
    if found and 0 < until_ms - found[-1].end_ms <= FRESH_MS:
        last = found[-1]
        found[-1] = Watch(life=last.life, start_ms=last.start_ms, end_ms=until_ms)
    return tuple(found)


def known_segments(stretches: Sequence[Stretch], watch: Watch, gaps: Sequence[Gap]) -> list[Segment]:
    """Say what the runs of one transaction in one life say, and when; nowhere else is anything known.

    ``stretches`` in order of sequence. Runs whose start does not come after that of the runs before them (the clock
    was set back) are evidence only: time already covered is not covered again.
    """
    advancing: list[Stretch] = []
    for stretch in stretches:
        if not advancing or stretch.start_ms > advancing[-1].last_start_ms:
            advancing.append(stretch)
    starts = [stretch.start_ms for stretch in advancing]
    holes: list[Span] = []
    for gap in gaps:
        if gap.life == watch.life:
            after = bisect_left(starts, gap.end_ms)
            holes.append((gap.start_ms, starts[after] if after < len(starts) else watch.end_ms))
    blind = merge(holes)
    segments: list[Segment] = []
    for index, stretch in enumerate(advancing):
        following_ms = starts[index + 1] if index + 1 < len(starts) else watch.end_ms
        if stretch.verdict is not Verdict.UNKNOWN:
            start = max(stretch.start_ms, watch.start_ms)
            end = min(stretch.last_start_ms + stretch.hold_ms, following_ms, watch.end_ms)
            pieces = subtract(((start, end),), blind) if start < end else ()
            segments += [(piece_start, piece_end, stretch.verdict) for piece_start, piece_end in pieces]
    return segments


def service_timeline(
    history: ServiceHistory, *, until_ms: int, quorum: Quorum | None = None,
) -> ServiceTimeline:
    """Compute the timeline of a service up to ``until_ms``.

    ``quorum`` is asked instead of that of the definition in force, for a question of the kind "what if".

    It is right from the first stretch that the history holds; before that it reads ``unknown``. What the history holds
    beyond ``until_ms`` counts for the bounds before it: the whole is computed and then cut, so that an outage that goes
    on over a month's end is as certain as it is, wherever stretches end.
    """
    reach_ms = max((stretch.last_start_ms for stretch in history.stretches), default=until_ms)
    whole = _whole_timeline(history, max(until_ms, reach_ms), quorum)
    if whole.until_ms == until_ms:
        return whole
    part = (whole.start_ms, until_ms)
    return ServiceTimeline(
        start_ms=whole.start_ms, until_ms=until_ms,
        segments=tuple((start, min(end, until_ms), found) for start, end, found in whole.segments if start < until_ms),
        possibly_down=clip(whole.possibly_down, part), certainly_down=clip(whole.certainly_down, part),
    )


def _whole_timeline(history: ServiceHistory, until_ms: int, quorum: Quorum | None) -> ServiceTimeline:
    start_ms = history.definitions[0].recorded_ms
    tracks: list[list[SightPiece]] = [[(start_ms, until_ms, BLIND)]]
    primaries: list[list[SightPiece]] = []
    flags = [False]
    for name, is_primary in sorted({(t.name, t.primary) for d in history.definitions for t in d.target.transactions}):
        track = _transaction_track(history, name, until_ms, quorum, is_primary=is_primary)
        if track:
            tracks.append(track)
            flags.append(is_primary)
            if is_primary:
                primaries.append(track)
    for track in primaries:
        tracks += [[piece] for piece in _unended(track, primaries, until_ms)]
        flags += [True] * (len(tracks) - len(flags))

    def decide(now: tuple[Sight | None, ...]) -> Sight | None:
        if now[0] is None:
            return None
        seen = [(sight, flag) for sight, flag in zip(now[1:], flags[1:], strict=True) if sight is not None]
        verdict = of_transactions((sight[0], flag) for sight, flag in seen)
        possibly = verdict in (Verdict.DOWN, Verdict.UNKNOWN) or any(sight[1] for sight, flag in seen if flag)
        certainly = verdict is Verdict.DOWN and any(sight[2] for sight, flag in seen if flag)
        return verdict, possibly, certainly

    pieces = sweep(tracks, decide)
    return ServiceTimeline(
        start_ms=start_ms,
        until_ms=until_ms,
        segments=joined_segments((start, end, sight[0]) for start, end, sight in pieces),
        possibly_down=merge((start, end) for start, end, sight in pieces if sight[1]),
        certainly_down=merge((start, end) for start, end, sight in pieces if sight[2]),
    )


def _transaction_track(
    history: ServiceHistory, name: str, until_ms: int, asked: Quorum | None, *, is_primary: bool,
) -> list[SightPiece]:
    """Combine what all vantages saw of one transaction while it was in force as a primary (or secondary) one."""
    vantages = sorted({definition.vantage for definition in history.definitions})
    tracks = [_vantage_track(history, name, vantage, until_ms, is_primary=is_primary) for vantage in vantages]
    # its own rule at each instant, so that a change of it today leaves last month as it was
    any_at = [(start, end, ANY_HERE) for start, end in _any_in_force(history, until_ms)] if asked is None else []

    def decide(now: tuple[Sight | None, ...]) -> Sight | None:
        quorum = asked or (Quorum.MAJORITY if now[-1] is None else Quorum.ANY)
        seen = [sight for sight in now[:-1] if sight is not None]
        if not seen:
            return None
        configured = len(seen)
        said = [sight[0] for sight in seen]
        verdict = of_any_vantage(said) if quorum is Quorum.ANY else of_vantages(said, configured=configured)
        possibly = sum(sight[1] for sight in seen)
        certainly = sum(sight[2] for sight in seen)
        return (
            verdict,
            verdict in (Verdict.DOWN, Verdict.UNKNOWN) or is_enough(
                possibly, configured=configured, quorum=quorum,
            ),
            verdict is Verdict.DOWN and is_enough(certainly, configured=configured, quorum=quorum),
        )

    return sweep([*tracks, any_at], decide)


def _any_in_force(history: ServiceHistory, until_ms: int) -> Spans:
    """Say when one vantage was enough, by the newest definition of any vantage at each instant."""
    if all(definition.target.quorum is Quorum.MAJORITY for definition in history.definitions):
        return ()
    ends = [*(definition.recorded_ms for definition in history.definitions[1:]), until_ms]
    return merge(
        (definition.recorded_ms, end) for definition, end in zip(history.definitions, ends, strict=True)
        if definition.target.quorum is Quorum.ANY
    )


def _vantage_track(
    history: ServiceHistory, name: str, vantage: str, until_ms: int, *, is_primary: bool,
) -> list[SightPiece]:
    in_force = _in_force(
        [d for d in history.definitions if d.vantage == vantage], name, until_ms, is_primary=is_primary,
    )
    if not in_force:
        return []
    known: list[Segment] = []
    stretches = by_life(s for s in history.stretches if s.transaction == name and s.vantage == vantage)
    manned = watches(history.lives, vantage, until_ms)
    for watch in manned:
        known += known_segments(stretches.get(watch.life, ()), watch, history.gaps)
    since = in_force[0][0]
    possibly = possibly_down(stretches, manned, history.gaps, since_ms=since, until_ms=until_ms)
    certainly = certainly_down(stretches, manned, history.gaps)

    def decide(now: tuple[object | None, ...]) -> Sight | None:
        if now[0] is None:
            return None
        verdict = now[1] if isinstance(now[1], Verdict) else Verdict.UNKNOWN
        return (
            verdict,
            now[2] is not None or verdict in (Verdict.DOWN, Verdict.UNKNOWN),
            now[3] is not None and verdict is Verdict.DOWN,
        )

    tracks: list[list[tuple[int, int, object]]] = [
        [(start, end, True) for start, end in in_force],
        [(start, end, verdict) for start, end, verdict in known],
        [(start, end, True) for start, end in possibly],
        [(start, end, True) for start, end in certainly],
    ]
    return sweep(tracks, decide)


def _in_force(definitions: Sequence[Definition], name: str, until_ms: int, *, is_primary: bool) -> Spans:
    spans: list[Span] = []
    for index, definition in enumerate(definitions):
        end = definitions[index + 1].recorded_ms if index + 1 < len(definitions) else until_ms
        if any(t.name == name and t.primary is is_primary for t in definition.target.transactions):
            spans.append((definition.recorded_ms, min(end, until_ms)))
    return merge(spans)


def _unended(
    track: Sequence[SightPiece], primaries: Sequence[Sequence[SightPiece]], until_ms: int,
) -> list[SightPiece]:
    """Carry on an outage whose transaction was taken away (or made secondary) while it was last known to be ``down``.

    It ends with the first good run of a primary transaction that came into force then or later.
    """
    carried: list[SightPiece] = []
    last_known = Verdict.UNKNOWN
    for index, (_, end, sight) in enumerate(track):
        if sight[0] is not Verdict.UNKNOWN:
            last_known = sight[0]
        is_last = index + 1 == len(track) or track[index + 1][0] > end
        if not is_last or last_known is not Verdict.DOWN or end >= until_ms:
            continue
        good = [
            piece[0]
            for other in primaries
            for born, piece in _with_births(other)
            if born >= end and piece[2][0] in GOOD
        ]
        carried.append((end, min(good, default=until_ms), (Verdict.DOWN, True, False)))
    return carried


def _with_births(track: Sequence[SightPiece]) -> list[tuple[int, SightPiece]]:
    """Pair each piece with the moment since when its transaction has been in force."""
    births: list[tuple[int, SightPiece]] = []
    born = 0
    for index, piece in enumerate(track):
        if index == 0 or track[index - 1][1] < piece[0]:
            born = piece[0]
        births.append((born, piece))
    return births


def joined_segments(pieces: Iterable[Segment]) -> tuple[Segment, ...]:
    """Make one of neighbours that touch and have the same verdict."""
    joined: list[Segment] = []
    for start, end, verdict in pieces:
        if joined and joined[-1][1] == start and joined[-1][2] is verdict:
            joined[-1] = (joined[-1][0], end, verdict)
        else:
            joined.append((start, end, verdict))
    return tuple(joined)
