"""How long an agency waits for its hosting."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark, median, progress, seconds
from tests.bench.stack import bench_workspace, first_up_transaction, remove, up

REPEATS = 3


@benchmark(unit="s", target="<= 30")
def stack_up() -> Figure:
    """From nothing to the first up transaction through the gateway: two services of two replicas and a database each.

    Both services' transactions must be up. Tools and images are there; state, networks, volumes, secrets, local CA
    and certificates are not.
    """
    measured, provisioned = [], []
    for repeat in range(REPEATS):
        progress(f"{repeat + 1} of {REPEATS}: from nothing to up")
        with bench_workspace() as workspace:
            provisioned.append(seconds(lambda: up(workspace)))
            measured.append(provisioned[-1] + seconds(lambda: first_up_transaction(workspace)))
            remove(workspace)
    return median(measured, **{"stack up alone": sorted(provisioned)[REPEATS // 2]})
