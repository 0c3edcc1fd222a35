"""What only some HTTP steps have reaches the monitor as it was written, and is shown again the same."""

from __future__ import annotations

import json

from monitors.core.http_options import Auth, AuthKind, Connection, Http2, IpFamily, Part
from monitors.core.model import Assertion, AssertKind
from stacks.loader import load_agency
from stacks.model import Settings
from stacks.tiers import TEMPLATES, standard_tiers


def test_the_commented_file_s_integration_reaches_the_monitor_whole():
    agency = load_agency(TEMPLATES / "agency" / "agency.yaml", Settings(), standard_tiers())
    [found] = [one for service in agency.services for one in service.transactions if one.name == "integrasi"]
    assert found.connection == Connection(
        http2=Http2.PREFER, ip=IpFamily.V4, resolver="9.9.9.9", proxy="http://pemantau:${secret:proksi}@proksi.contoh.example:3128",
        certificate="${secret:klien_sertifikat}", key="${secret:klien_kunci}",
    )
    page, file, graphql, upload, xml = found.steps
    basic = Auth(kind=AuthKind.BASIC, user="pemantau", password="${secret:sandi}")
    assert [step.auth for step in (page, file, xml)] == [basic] * 3
    assert Assertion(kind=AssertKind.CLEAN) in page.assertions
    assert Assertion(kind=AssertKind.FORBIDDEN, expected="diretas oleh") in page.assertions
    assert Assertion(kind=AssertKind.SIZE, expected="2000-90000") in page.assertions
    assert {one.kind for one in file.assertions} == {AssertKind.SHA256, AssertKind.NO_JSON}
    assert graphql.auth == Auth(
        kind=AuthKind.OAUTH2, user="pemantau", password="${secret:klien}", token_url="/oauth/token", scope="baca",
    )
    assert json.loads(graphql.json_body) == {
        "query": "query($kode: ID!) { data(kode: $kode) { nama } }", "variables": {"kode": "KTP"},
    }
    assert graphql.assertions == (Assertion(kind=AssertKind.NO_JSON, name="$.errors"),)
    assert upload.auth == Auth(kind=AuthKind.BEARER, password="${secret:api_token}")
    assert upload.parts == (
        Part(name="jenis", value="KTP"), Part(name="berkas", value="isi berkas", file_name="ktp.txt", content_type="text/plain"),
    )
    assert (xml.body, xml.headers) == ("<cek/>", (("Content-Type", "application/xml"),))
