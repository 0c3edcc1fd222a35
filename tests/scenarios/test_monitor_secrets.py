"""A real monitor with a secret that a service gives back in every form: it reaches the service, and no exit of ours."""

from __future__ import annotations

import base64
import html
import json
import os
import signal
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from click.testing import CliRunner

from cli.main import main
from monitors.core.http_options import Auth, AuthKind
from monitors.core.model import Assertion, AssertKind, Step, Transaction, Verdict
from tests.scenarios.monitor_process import MonitorProcess, runs_in, watched, write_targets
from tests.servers import Asked, reply, serving

SECRET = 'S3kret/"<kunci> & kata+sandi=9'
OF_ANOTHER = "rahasia-instansi-lain"
FORMS = (
    SECRET, quote(SECRET, safe=""), html.escape(SECRET), json.dumps(SECRET)[1:-1], base64.b64encode(SECRET.encode()).decode(),
    base64.b64encode(f"pemantau:{SECRET}".encode()).decode(),
)


def echo(asked: Asked, connection) -> None:
    """Answer 503 with all that was sent, as a careless debug page does."""
    told = " ".join((*FORMS, asked.headers.get("authorization", ""), asked.body))
    connection.sendall(reply(f"<p>{told}</p>", status=503, headers={"X-Gema": quote(SECRET)}))


def test_a_secret_is_in_no_log_metric_health_page_ledger_or_incident(tmp_path: Path):
    secrets = tmp_path / "secrets"
    for agency, value in (("dinkes", SECRET), ("lain", OF_ANOTHER)):
        (secrets / agency).mkdir(parents=True)
        (secrets / agency / "sandi").write_text(value)
    step = Step(
        name="masuk", method="POST", url="/masuk", form=(("kunci", "${secret:sandi}"),),
        auth=Auth(kind=AuthKind.BASIC, user="pemantau", password="${secret:sandi}"),
        assertions=(Assertion(kind=AssertKind.STATUS, expected="200"),),
    )
    with serving(echo) as server:
        target = watched(server.url, Transaction(name="masuk", steps=(step,), interval_ms=1000, deadline_ms=450))
        write_targets(tmp_path / "targets" / "a.json", target)
        environment = {**os.environ, "SIAGA24_SECRETS_DIR": str(secrets)}
        with MonitorProcess(tmp_path, environment=environment) as monitor:
            monitor.until_runs(2, verdict="down")
            pages = [monitor.page("/metrics")[1], monitor.page("/healthz")[1]]
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0
            printed = [json.dumps(monitor.lines, ensure_ascii=False), *monitor.told]
        assert server.asked[0].form == {"kunci": SECRET}
        assert server.asked[0].headers["authorization"].endswith(FORMS[-1])
    runs = runs_in(monitor.ledger, [target])
    assert {run.verdict for run in runs if run.tries} == {Verdict.DOWN}
    kept = json.dumps([asdict(run) for run in runs], ensure_ascii=False)
    shown = CliRunner().invoke(main, ["incident", "show", "dinkes/antrean", "--ledger", str(monitor.ledger)])
    assert shown.exit_code == 0, shown.output
    as_json = CliRunner().invoke(main, ["incident", "show", "dinkes/antrean", "--ledger", str(monitor.ledger), "--json"])
    files = [path.read_bytes().decode("latin-1") for path in tmp_path.glob("ledger.sqlite*") if path.is_file()]
    exits = {
        "pages": pages, "printed": printed, "ledger": [kept, *files], "incident show": [shown.output, as_json.output],
        "targets": [(tmp_path / "targets" / "a.json").read_text()],
    }
    for name, texts in exits.items():
        for text in texts:
            assert not [form for form in (*FORMS, quote(SECRET), OF_ANOTHER) if form in text], name
    # and yet the evidence is there
    assert f"POST {server.url}/masuk" in shown.output
    assert "HTTP/1.1 503" in shown.output
    assert "${secret:sandi}" in shown.output
    assert "127.0.0.1" in shown.output
