from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.templates.services.loket.office import Office, Replica

pytestmark = pytest.mark.engine


def number_of(text: str) -> int:
    return int(text.rpartition("-")[2])


def test_start_page_names_the_office_and_offers_each_service(replica):
    page = replica.browser().get("/")
    assert page.status == 200
    assert page.words(".masthead-agency") == "Dinas Contoh"
    assert page.words("h1") == "Ambil nomor antrean"
    names = [node.text() for node in page.html.css(".choice-name")]
    assert names == ["Kartu Tanda Penduduk", "Kartu Keluarga"]
    assert [node.attributes["value"] for node in page.html.css("input[name=layanan]")] == ["KTP", "KK"]


def test_a_number_taken_shows_on_the_ticket_and_in_its_json(replica):
    browser = replica.browser()
    page = browser.take("KK")
    assert re.fullmatch(r"KK-\d{3}", page.words("[data-nomor]"))
    assert re.fullmatch(r"\d\d\.\d\d WIT", page.words("time")), "Jayapura's time carries its own zone"
    ticket = page.attribute("[data-tiket]", "data-tiket")
    state = browser.get(f"/api/antrean/{ticket}")
    assert state.headers["content-type"] == "application/json"
    assert state.json["nomor"] == page.words("[data-nomor]")
    assert state.json["status"] == "menunggu"
    assert state.json["layanan"] == "Kartu Keluarga"
    assert str(state.json["di_depan"]) == page.words("[data-di-depan]")
    assert state.json["diambil"].endswith("+09:00")
    assert state.json["uji"] is False


def test_ticket_address_cannot_be_guessed(replica):
    tickets = {replica.browser().take().attribute("[data-tiket]", "data-tiket") for _ in range(3)}
    assert len(tickets) == 3
    assert all(len(ticket) >= 22 for ticket in tickets), "22 characters of base64 are 128 bits"
    assert replica.browser().get("/antrean/AAAAAAAAAAAAAAAAAAAAAA").status == 404
    assert replica.browser().get("/api/antrean/AAAAAAAAAAAAAAAAAAAAAA").status == 404


@pytest.mark.parametrize(
    "spoil",
    [
        lambda form, _: form.pop("csrf"),
        lambda form, _: form.update(csrf="bukan-token"),
        lambda form, _: form.update(csrf=("J" if form["csrf"][0] != "J" else "K") + form["csrf"][1:]),
        lambda form, other: form.update(csrf=other["csrf"]),
    ],
    ids=["missing", "not a token", "one character changed", "of another session"],
)
def test_a_form_without_its_session_s_token_is_refused_and_takes_no_number(office, replica, spoil):
    def last() -> object:
        return office.sql("select sum(last_number) from counter")

    replica.browser().take()
    before = last()
    browser = replica.browser()
    form = browser.form()
    spoil(form, replica.browser().form())
    refused = browser.post("/antrean", form)
    assert refused.status == 403
    assert refused.words("h1") == "Halaman sudah kedaluwarsa"
    assert last() == before


def test_a_token_without_its_cookie_is_refused(replica):
    browser = replica.browser()
    form = browser.form()
    browser.cookies.clear()
    assert browser.post("/antrean", form).status == 403


def test_a_cookie_signed_with_another_key_is_refused(office, replica):
    """The session cannot be made up: a server with another key issues cookies that this one does not accept."""
    office.write_secret("other_key", "x" * 40)
    stranger = office.ready(SECRET_KEY_FILE="/run/secrets/other_key").browser()
    form = stranger.form()
    stranger.host = replica.host
    assert stranger.post("/antrean", form).status == 403


def test_an_unknown_service_is_refused_in_words(replica):
    browser = replica.browser()
    refused = browser.post("/antrean", browser.form("SIM"))
    assert refused.status == 400
    assert "Pilih salah satu layanan" in refused.words("main")


def test_the_same_form_sent_twice_takes_one_number(replica):
    browser = replica.browser()
    form = browser.form()
    assert browser.post("/antrean", form).headers["location"] == browser.post("/antrean", form).headers["location"]


def test_the_same_form_sent_ten_times_at_once_takes_one_number(office, replica):
    browser = replica.browser()
    form = browser.form()
    before = int(office.sql("select last_number from counter where series = 'warga' and service_code = 'KTP'"))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: browser.post("/antrean", form), range(10)))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert office.sql("select last_number from counter where series = 'warga' and service_code = 'KTP'") == str(before + 1)


def test_sixty_citizens_at_once_at_two_replicas_get_sixty_numbers_without_a_gap(office, replica):
    second = office.ready()
    with ThreadPoolExecutor(12) as pool:
        pages = list(pool.map(lambda i: (replica, second)[i % 2].browser().take("KK"), range(60)))
    numbers = sorted(number_of(page.words("[data-nomor]")) for page in pages)
    assert numbers == list(range(numbers[0], numbers[0] + 60))


def test_a_session_begun_at_one_replica_goes_on_at_another(office, replica):
    browser = replica.browser()
    form = browser.form()
    browser.host = office.ready().host
    assert browser.post("/antrean", form).status == 303


def test_a_monitor_s_numbers_are_a_series_of_their_own(office, replica):
    def citizens_state() -> list[object]:
        return list(replica.browser().get("/api/status").json["layanan"])

    before = number_of(replica.browser().take().words("[data-nomor]"))
    state = citizens_state()
    monitor = replica.monitor()
    page = monitor.take()
    assert re.fullmatch(r"UJI-KTP-\d{3}", page.words("[data-nomor]"))
    assert monitor.get(f"/api/antrean/{page.attribute('[data-tiket]', 'data-tiket')}").json["uji"] is True
    assert citizens_state() == state
    assert number_of(replica.browser().take().words("[data-nomor]")) == before + 1


def test_a_monitor_s_tickets_are_deleted_after_a_day_and_citizens_are_kept(office, replica):
    old_check = replica.monitor().take().attribute("[data-tiket]", "data-tiket")
    old_citizen = replica.browser().take().attribute("[data-tiket]", "data-tiket")
    office.sql("update ticket set taken_at = taken_at - interval '25 hours'")
    young_check = replica.monitor().take().attribute("[data-tiket]", "data-tiket")
    browser = replica.browser()
    assert browser.get(f"/antrean/{old_check}").status == 404
    assert browser.get(f"/antrean/{young_check}").status == 200
    assert browser.get(f"/antrean/{old_citizen}").status == 200


def test_calling_moves_the_queue(office: Office, replica: Replica):
    office.sql("delete from ticket; delete from counter")
    browser = replica.browser()
    tickets = [browser.take("KK").attribute("[data-tiket]", "data-tiket") for _ in range(3)]

    def standings() -> list[tuple[str, int]]:
        states = [browser.get(f"/api/antrean/{ticket}").json for ticket in tickets]
        return [(state["status"], state["di_depan"]) for state in states]

    assert standings() == [("menunggu", 0), ("menunggu", 1), ("menunggu", 2)]
    assert replica.container.exec_run(["loket", "panggil", "KK"]) == (0, b"KK-001\n")
    assert standings() == [("dipanggil", 0), ("menunggu", 0), ("menunggu", 1)]
    replica.container.exec_run(["loket", "panggil", "KK"])
    assert standings() == [("terlewat", 0), ("dipanggil", 0), ("menunggu", 0)]
    assert browser.get("/api/status").json["layanan"][1] == {
        "kode": "KK", "nama": "Kartu Keluarga", "sedang_dilayani": "KK-002", "nomor_terakhir": "KK-003", "menunggu": 1,
    }  # fmt: skip
    assert "KK-002" in browser.get("/").words("form#ambil")
    replica.container.exec_run(["loket", "panggil", "KK"])
    assert replica.container.exec_run(["loket", "panggil", "KK"]) == (0, b"loket: nobody waits for Kartu Keluarga\n")


def test_numbers_begin_again_with_the_office_s_day_and_yesterday_s_ticket_has_expired(office, replica):
    """The day is the office's own: the rows are moved to the day before by the office's calendar."""
    browser = replica.browser()
    ticket = browser.take("KK").attribute("[data-tiket]", "data-tiket")
    office.sql(
        "alter table ticket drop constraint ticket_office_day_series_service_code_fkey;"
        " update ticket set office_day = office_day('Asia/Jayapura') - 1;"
        " update counter set office_day = office_day('Asia/Jayapura') - 1;"
    )
    assert browser.get(f"/api/antrean/{ticket}").json["status"] == "kedaluwarsa"
    assert browser.get(f"/antrean/{ticket}").words("[role=status]") == "Sudah tidak berlaku"
    assert browser.take("KK").words("[data-nomor]") == "KK-001"


def test_office_day_turns_at_local_midnight(office):
    """Jayapura is nine hours ahead: its day is the date of a clock that shows nine hours more than UTC."""
    assert office.sql("select office_day('Asia/Jayapura') = ((now() at time zone 'UTC') + interval '9 hours')::date") == "t"
    assert office.sql("select office_day('Etc/GMT-14') - office_day('Etc/GMT+12') between 1 and 2") == "t"
