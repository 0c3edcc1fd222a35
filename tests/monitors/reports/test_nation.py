"""The nation's report: everybody who is registered is counted once, and its figures are the statement's."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from monitors.core.nation import NationStatement, Registered, nation_statement
from monitors.core.rollup import Spent
from monitors.core.rollup_month import MonthRollup
from monitors.core.sla import Judgement
from monitors.core.wording import Language
from monitors.reports.compose import compose
from monitors.reports.data import Cadence, Edition, NationData
from monitors.reports.document import Facts, Table
from monitors.reports.files import Format, digests, made
from monitors.reports.issue import again, changes, entry_of, figures_of, issued, name_of, next_version
from monitors.reports.nation_sums import agencies_of, group_of

HOUR, WHOLE = 3_600_000, 30 * 86_400_000
REGISTERED = (
    Registered(code="a", name="Kementerian A", kind="ministry", wave="pilot"),
    Registered(code="b", name="Kota B", kind="city", province="papua", wave="rest"),
    Registered(code="c", name="Kabupaten C", kind="regency", province="papua", wave="rest"),
    Registered(code="d", name="Lembaga D", kind="institution", wave="rest"),
)


def rolled(agency: str, service: str = "s", *, down_ms: int = 0, month: str = "2026-01") -> MonthRollup:
    """A month of 30 days, a quarter of it office hours; what was down was so outside of them."""
    outside = Spent(
        up_ms=WHOLE * 3 // 4 - down_ms, down_ms=down_ms, possibly_down_ms=down_ms + 1_000 * bool(down_ms),
        certainly_down_ms=down_ms,
    )
    return MonthRollup(
        agency=agency, service=service, month=month, start_ms=0, end_ms=WHOLE, until_ms=WHOLE, whole_ms=WHOLE,
        calendar="id-2026-11", target=Decimal("99.5"), weight=1, days=30, office=Spent(up_ms=WHOLE // 4),
        outside=outside, undecided=Spent(), closures=Spent(), runs=10, missed=0, first_try_failures=0,
    )


def month(*rollups: MonthRollup, name: str = "2026-01") -> NationStatement:
    return nation_statement(name, rollups, REGISTERED)


def nation(*months: NationStatement, **given) -> NationData:
    cadence = Cadence.MONTHLY if len(months) == 1 else Cadence.QUARTERLY
    period = "2026-01" if len(months) == 1 else "2026-Q1"
    return NationData(cadence=cadence, period=period, months=months, edition=Edition(data_ms=WHOLE), **given)


ONE = nation(month(rolled("a"), rolled("b", down_ms=5 * HOUR), rolled("b", "t")))


def test_every_registered_agency_is_counted_once_and_groups_agree_with_the_statement():
    agencies = agencies_of(ONE)
    whole = group_of("", agencies)
    told = ONE.months[0].nation
    assert (whole.counts[Judgement.KEPT], whole.counts[Judgement.BROKEN], whole.counts[Judgement.NOT_ON_BOARD]) == (
        told.kept, told.broken, told.not_on_board,
    ) == (1, 1, 2)
    assert whole.registered == 4
    assert (whole.outside, whole.promised) == (told.hours.outside, told.hours.promised)
    for groups in ONE.months[0].by.values():
        assert sum(one.registered for one in groups) == 4


def test_the_headline_is_kept_of_all_registered_with_kept_of_those_on_board_beside_it():
    facts = next(block for block in compose(ONE, Language.ID).blocks if isinstance(block, Facts))
    assert facts.items[0].value == "1 dari 4 instansi"
    assert facts.items[0].note == "25,000 % dari semua yang terdaftar; 50,000 % dari 2 yang terpantau"


def test_every_row_of_a_group_adds_up_to_its_registered():
    tables = {block.name: block for block in compose(ONE, Language.EN).blocks if isinstance(block, Table)}
    for name in ("By province", "By kind of agency", "By wave"):
        for row in tables[name].rows:
            assert row[1].number == sum(cell.number or 0 for cell in row[2:7]), name
        assert tables[name].rows[-1][1].number == sum(row[1].number or 0 for row in tables[name].rows[:-1]) == 4
    assert [row[0].text for row in tables["Not on board"].rows] == ["Kabupaten C", "Lembaga D"]
    league = tables["Every agency's achievement"]
    assert [row[0].text for row in league.rows] == ["Kota B", "Kementerian A"]  # most downtime first


def test_a_quarter_is_kept_only_if_every_month_is_and_a_month_not_on_board_takes_nothing_away():
    months = (
        month(rolled("a"), rolled("b")),
        month(rolled("a", down_ms=5 * HOUR, month="2026-02"), rolled("b", month="2026-02"),
              rolled("c", month="2026-02"), name="2026-02"),
        month(rolled("a", month="2026-03"), rolled("b", month="2026-03"), rolled("c", month="2026-03"), name="2026-03"),
    )
    judged = {one.agency.code: one.judgement for one in agencies_of(nation(*months))}
    assert judged == {
        "a": Judgement.BROKEN, "b": Judgement.KEPT, "c": Judgement.KEPT, "d": Judgement.NOT_ON_BOARD,
    }
    assert Counter(judged.values()).total() == 4


def test_services_seen_from_their_own_host_alone_are_marked_and_counted():
    data = replace(ONE, own_host=frozenset({("b", "s"), ("a", "s")}))
    document = compose(data, Language.EN)
    cells = [cell.text for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    assert "Kementerian A ‡" in cells       # all of its services
    assert "Kota B" in cells                # not all
    assert "s ‡" in cells
    assert any("2 of 3 services" in getattr(block, "text", "") for block in document.blocks)


def test_csv_has_every_registered_agency_with_the_figures_of_its_services():
    (content,) = made(ONE, Language.ID, [Format.CSV]).values()
    rows = {row["agency"]: row for row in csv.DictReader(io.StringIO(content.decode()))}
    assert [row["judgement"] for row in rows.values()] == ["kept", "broken", "not on board", "not on board"]
    assert (rows["b"]["services"], rows["b"]["down_ms"], rows["b"]["outside_down_ms"]) == (
        "2", str(5 * HOUR), str(5 * HOUR),
    )
    assert rows["c"]["availability_percent"] == ""


def test_nobody_on_board_is_no_hundred_percent():
    document = compose(nation(month()), Language.ID)
    facts = [item for block in document.blocks if isinstance(block, Facts) for item in block.items]
    assert [item.value for item in facts][:3] == ["0 dari 4 instansi", "tidak ada data", "tidak ada data"]
    assert not nation(month()).is_final


def test_versions_of_the_nation_name_the_agencies_that_changed():
    first = next_version(ONE, (), "Siti Rahma")
    files = digests(made(first, Language.ID, [Format.HTML]))
    assert list(files) == ["siaga24_nation-2026-01-v1-id.html"]
    former = issued([replace(entry_of(first, files, at_ms=1, by="Siti Rahma"), number=1)], name_of(ONE), "")
    assert again(ONE, former) == first
    later = nation(month(rolled("a"), rolled("b", down_ms=1_000), rolled("b", "t")))
    second = next_version(later, former, "Budi")
    assert {change.service for change in second.edition.changes} == {"b"}
    assert ("judgement", "broken", "kept") in {(one.figure, one.before, one.after) for one in second.edition.changes}
    assert changes(figures_of(ONE), figures_of(ONE)) == ()
    assert "Kota B" in str(compose(second, Language.ID).blocks)
