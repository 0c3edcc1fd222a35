"""After a failed or stopped release: its containers stand back, so that what served before serves alone.

They are stopped, not removed: their logs stay to be read, and the next ``up`` starts them again and judges them anew,
or replaces them. Where nothing served before, nothing is stopped: half a first release is better than none.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from infra.naming import Component, Label
from monitors.core.errors import Siaga24Error
from stacks.engine_facts import engine_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from stacks.engine import Engine
    from stacks.engine_facts import ContainerFacts

SERVING = frozenset({Component.REPLICA, Component.WORKER})
ACTIVE = frozenset({"running", "restarting"})


def stand_back(engine: Engine, code: str, began: dt.datetime) -> tuple[str, ...]:
    """Stop the replicas and workers made since ``began`` (engine's clock) of services that served before; their names.

    An engine that no longer answers is left alone: what failed is told by others.
    """
    try:
        leaving = new_beside_old(engine.containers({Label.AGENCY.value: code}), began)
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(lambda facts: engine.stop(facts.id), leaving))
    except Siaga24Error:
        return ()
    return tuple(facts.labels.get(Label.NAME, facts.name) for facts in leaving)


def new_beside_old(containers: Sequence[ContainerFacts], began: dt.datetime) -> list[ContainerFacts]:
    """Choose the active containers made since ``began`` whose service has a replica from before that still runs."""
    def service(facts: ContainerFacts) -> str:
        return facts.labels.get(Label.SERVICE, "")

    is_new = {facts.id: engine_time(facts.created) >= began for facts in containers}
    served = {
        service(facts) for facts in containers
        if facts.labels.get(Label.COMPONENT) == Component.REPLICA and facts.status == "running" and not is_new[facts.id]
    }
    return [
        facts for facts in containers
        if is_new[facts.id] and facts.status in ACTIVE and service(facts) in served
        and facts.labels.get(Label.COMPONENT) in SERVING
    ]
