"""The command ``loket``: serve, migrate, panggil, health. Exit codes: 0 done, 1 failure, 2 wrong use or settings."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="loket", description="Queue numbers for a front office.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "Serve the pages on PORT until SIGTERM.")
    command = add("migrate", _migrate, "Bring the database's schema up to date; may run many times and at once.")
    command.add_argument("--wait", type=float, default=30, metavar="S", help="wait for the database (default 30 s)")
    command = add("panggil", _call, "Call the next number of a service and print it.")
    command.add_argument("kode", help="code of the service, as in LAYANAN")
    add("health", _health, "Ask the server in this container how it is; exit 0 if well.")

    chosen = parser.parse_args(arguments)
    from loket.settings import SettingsError  # noqa: PLC0415 - nothing is imported before the command line is right

    try:
        return int(chosen.run(chosen))
    except SettingsError as exc:
        for fault in exc.faults:
            _complain(fault)
        return 2


def _serve(_: argparse.Namespace) -> int:
    from loket.logs import set_up_logs  # noqa: PLC0415 - as above, in each command
    from loket.server import serve  # noqa: PLC0415
    from loket.settings import read_database_url, read_settings  # noqa: PLC0415

    settings, url = read_settings(os.environ), read_database_url(os.environ)
    set_up_logs()
    serve(settings, url)
    return 0


def _migrate(chosen: argparse.Namespace) -> int:
    import psycopg  # noqa: PLC0415

    from loket.logs import set_up_logs  # noqa: PLC0415
    from loket.migrations import migrate  # noqa: PLC0415
    from loket.settings import read_database_url  # noqa: PLC0415

    url = read_database_url(os.environ)
    set_up_logs()
    try:
        applied = migrate(url, patience_s=chosen.wait)
    except psycopg.OperationalError:
        # The driver's own words name the address and the user; they stay out of the logs.
        _complain("the database did not answer; check that it runs and that DATABASE_URL_FILE is right")
        return 1
    except psycopg.Error as exc:
        _complain(f"the schema could not be applied: {exc.diag.message_primary}; nothing was changed")
        return 1
    _say(f"loket: {applied} schema files applied" if applied else "loket: the schema is up to date")
    return 0


def _call(chosen: argparse.Namespace) -> int:
    import psycopg  # noqa: PLC0415
    from psycopg.rows import dict_row  # noqa: PLC0415

    from loket.settings import read_database_url, read_settings  # noqa: PLC0415
    from loket.tickets import call_next  # noqa: PLC0415

    settings, url = read_settings(os.environ), read_database_url(os.environ)
    service = settings.counter(chosen.kode)
    if service is None:
        known = ", ".join(counter.code for counter in settings.counters)
        _complain(f'no service has the code "{chosen.kode}"; known codes: {known}')
        return 2
    try:
        with psycopg.connect(url, connect_timeout=2, autocommit=True, row_factory=dict_row) as conn:
            called = call_next(conn, service, zone=settings.zone)
    except psycopg.OperationalError:
        _complain("the database did not answer; try again")
        return 1
    _say(called or f"loket: nobody waits for {service.name}")
    return 0


def _health(_: argparse.Namespace) -> int:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or "8000"), timeout=3)
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        _say(response.read().decode().strip())
    except (OSError, ValueError, http.client.HTTPException) as exc:
        _complain(f"no answer from the server: {exc}")
        return 1
    return 0 if response.status == http.HTTPStatus.OK else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _complain(line: str) -> None:
    sys.stderr.write(f"loket: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
