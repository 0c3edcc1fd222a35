"""Definition texts of agencies that serve queue numbers: what scenarios and benchmarks host."""

from __future__ import annotations

INTERVAL_S = 8
DEADLINE_S = 3
OLD, NEW = "siaga24/loket:1.0.0", "siaga24/loket:1.1.0"

_HEAD = """version: 1
code: {code}
name: {name}
kind: city
time_zone: Asia/Jakarta
tier: bronze
domain: {code}.example
network: {{subnet: {subnet}}}
gateway: {{bind: 127.0.0.1, https_port: {port}}}
services:
"""

_SERVICE = """  {service}:
    name: Layanan {service}
    image: {image}
    port: 8000
    replicas: 2
    resources: {{cpus: 1}}
    health: /healthz
    env: {{AGENCY_NAME: {name}, OFFICE_NAME: Kantor {service}, LAYANAN: "UMUM=Umum, KTP=Kartu", TZ_NAME: Asia/Jakarta}}
    secrets: [SECRET_KEY]
    database: own
    jobs: {{migrate: {{command: [loket, migrate]}}}}
    transactions:
      ambil-nomor:
        interval: {interval}s
        deadline: {deadline}s
        writes: true
        steps:
          - name: buka halaman
            get: /
            expect: {{status: 200, contains: Ambil nomor}}
            save: {{csrf: {{css: "input[name=csrf]", attribute: value}}}}
          - name: ambil nomor
            post: /antrean
            form: {{csrf: "${{csrf}}", layanan: UMUM}}
            follow: 1
            expect: {{status: 200, matches: "UJI-UMUM-[0-9]{{3}}"}}
            save: {{tiket: {{css: "[data-tiket]", attribute: data-tiket}}}}
          - name: baca status tiket
            get: /api/antrean/${{tiket}}
            expect: {{status: 200, json: {{"$.status": menunggu, "$.kode": UMUM}}}}
"""


def agency_text(
    code: str, *, subnet: str, port: int, services: tuple[str, ...] = ("antrean", "cetak"), image: str = OLD,
) -> str:
    """Write a definition: each service has two replicas, a PostgreSQL of its own and a transaction of three steps."""
    name = f"Dinas {code}"
    return _HEAD.format(code=code, name=name, subnet=subnet, port=port) + "".join(
        _SERVICE.format(service=service, name=name, image=image, interval=INTERVAL_S, deadline=DEADLINE_S)
        for service in services
    )
