"""blackbox_exporter: modules say how to probe, a Prometheus file says what; each target makes a transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stacks.importers.address import code, go_duration_ms, split_url
from stacks.importers.blackbox_http import put_http
from stacks.importers.blackbox_other import PROBERS
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

USUAL_MODULE = "http_2xx"  # what the exporter takes where nothing is asked for
USUAL_INTERVAL_MS, USUAL_TIMEOUT_MS = 60_000, 10_000  # Prometheus' own
_PLUMBING = {"__param_target", "instance", "__address__", "__param_module"}


@dataclass(slots=True)
class _Made:
    """What has been made so far: services by origin, modules by name, and those that a target uses."""

    work: Work
    modules: dict[str, Entry] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    services: dict[str, ServiceDraft] = field(default_factory=dict)


def read(paths: Sequence[Path]) -> Work:
    """Read module files and Prometheus files, in any order."""
    work = Work(roots=[read_yaml(path) for path in paths])
    made = _Made(work)
    for root in work.roots:
        modules = root.get("modules")
        for module in modules.entries() if modules else []:
            made.modules.setdefault(module.name, module)
    for root in work.roots:
        scrapes = root.get("scrape_configs")
        for job in scrapes.items() if scrapes else []:
            _job(made, job, root)
        _rest(root, has_jobs=scrapes is not None)
    for name, module in made.modules.items():
        if name not in made.used:
            module.lost(
                "a module that no target uses",
                "a transaction needs an address",
                "give the Prometheus file with its targets too, or write a service by hand",
            )
    return work


def _rest(root: Entry, *, has_jobs: bool) -> None:
    if not has_jobs:
        return
    for name, what in (
        ("global", "what holds for all jobs of Prometheus"),
        ("alerting", "where alerts go"),
        ("rule_files", "files of rules"),
        ("remote_write", "where samples go"),
        ("remote_read", "where samples are from"),
        ("storage", "how samples are kept"),
        ("tracing", "traces of Prometheus"),
        ("scrape_config_files", "other files"),
    ):
        part = root.get(name)
        if part is None:
            continue
        if name == "global":
            part.rest_noted(what, "it is no part of a probe")
        elif name == "scrape_config_files":
            part.lost(what, "only the files that are named are read", "name them too")
        else:
            part.note(what, "it is no part of a probe")


def _job(made: _Made, job: Entry, root: Entry) -> None:
    params, path = job.get("params"), job.get("metrics_path")
    wanted = params.get("module") if params else None
    if wanted is None and (path is None or not path.text.startswith("/probe")):
        job.note("a job that collects metrics", "it probes nothing through the exporter")
        return
    module = wanted.items()[0].text if wanted and wanted.items() else wanted.text if wanted else USUAL_MODULE
    if wanted:
        wanted.carry()
        for other in wanted.items()[1:]:
            other.lost("a second module", "the exporter takes the first", "leave it out")
    if path:
        path.note("the exporter's own path", "the probes here need no exporter")
    name = job.get("job_name")
    title = name.text if name else module
    before = _count(made)
    interval = _time(job, root, "scrape_interval", USUAL_INTERVAL_MS)
    timeout = _time(job, root, "scrape_timeout", min(USUAL_TIMEOUT_MS, interval))
    statics = job.get("static_configs")
    for static in statics.items() if statics else []:
        targets, labels = static.get("targets"), static.get("labels")
        if labels:
            labels.note("labels of Prometheus", "metrics here have agency, service and transaction")
        for target in targets.items() if targets else []:
            _target(
                made,
                target,
                module,
                TransactionDraft(
                    name=code(title, default="periksa"),
                    source=target,
                    interval_ms=interval,
                    deadline_ms=timeout,
                ),
            )
    if name and _count(made) > before:
        name.carry()
    elif name:
        name.note("the name of a job", "nothing of the job is carried")
    for below in job.entries():
        if below.name == "relabel_configs":
            _relabels(below)
        elif below.name.endswith("_sd_configs"):
            below.lost("targets that are found at run time", "a definition names its addresses", "write them out")
        elif below.name in {"scheme", "basic_auth", "authorization", "tls_config", "proxy_url", "honor_labels"}:
            below.note("how Prometheus reaches the exporter", "the probes here need no exporter")


def _count(made: _Made) -> int:
    return sum(len(service.transactions) for service in made.services.values())


def _time(job: Entry, root: Entry, key: str, usual: int) -> int:
    whole = root.get("global")
    for holder in (job, whole):
        entry = holder.get(key) if holder else None
        found = go_duration_ms(entry.text) if entry else None
        if entry and found:
            entry.carry()
            return found
    return usual


def _relabels(configs: Entry) -> None:
    for one in configs.items():
        target = one.get("target_label")
        if target and target.text in _PLUMBING:
            one.note("how Prometheus hands the target to the exporter", "the probes here need no exporter")
        else:
            one.lost("a rule that changes labels or targets", "a definition names its addresses", "write them out")


def _module_of(made: _Made, target: Entry, name: str) -> Entry | None:
    module = made.modules.get(name)
    if module is None:
        target.lost(
            f'the module "{name[:40]}" is in none of the files',
            "what it checks is not known",
            "give the exporter's file too, or write the service by hand",
        )
        return None
    made.used.add(name)
    return module


def _target(made: _Made, target: Entry, name: str, transaction: TransactionDraft) -> None:
    module = _module_of(made, target, name)
    if module is None:
        return
    prober = module.get("prober")
    timeout = module.get("timeout")
    if timeout:
        transaction.deadline_ms = go_duration_ms(timeout.text) or transaction.deadline_ms
    if prober and prober.text in PROBERS:
        step = StepDraft(source=target)
        place = PROBERS[prober.text](module, step, target)
        if place:
            for one in (prober, target, timeout):
                if one:
                    one.carry()
            transaction.steps.append(step)
            _service(made, place, target).transactions.append(transaction)
        return
    if prober is None or prober.text != "http":
        target.lost(
            f'a target of the prober "{prober.text[:20] if prober else ""}"',
            "this importer does not carry it",
            "write a step of that protocol by hand",
        )
        if prober:
            module.lost("a module of another protocol than HTTP", "this importer does not carry it", "see its targets")
        return
    text = target.text if "://" in target.text else f"http://{target.text}"  # as the exporter does
    found = split_url(text, target)
    if found is None:
        return
    prober.carry()
    target.carry()
    if timeout:
        timeout.carry()
    origin, path = found
    step = StepDraft(source=target)
    if put_http(module.get("http"), step, path, target, transaction):
        transaction.steps.append(step)
        _service(made, origin, target).transactions.append(transaction)


def _service(made: _Made, origin: str, target: Entry) -> ServiceDraft:
    if origin not in made.services:
        made.services[origin] = ServiceDraft(name=origin.partition("://")[2], url=origin, source=target)
        made.work.services.append(made.services[origin])
    return made.services[origin]
