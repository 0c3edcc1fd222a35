"""``python -m cli.demo_child PARENT ARGUMENT ...``: a ``siaga24`` command that does not outlive the demo.

Killed with -9, a demo can end nobody any more; the kernel then interrupts its children for it. Where the kernel offers
no such thing (not Linux), they live on and a later demo waits for their locks.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

from cli.main import INTERRUPTED, run

_SET_PARENT_DEATH_SIGNAL = 1             # PR_SET_PDEATHSIG of prctl(2)


def start(
    arguments: Sequence[str], environment: Mapping[str, str], output: int | IO[bytes],
) -> subprocess.Popen[bytes]:
    """Start ``siaga24 ARGUMENTS`` in a session of its own: a Ctrl-C is the demo's, which passes it on.

    Both its outputs go to ``output``. Call it from the main thread: the kernel's signal comes when the thread that
    started it ends.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.demo_child", str(os.getpid()), *arguments],
        env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def main() -> None:
    """Tie this process to the demo's life, then run the command."""
    parent = int(sys.argv.pop(1))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit(INTERRUPTED)            # it ended before we were tied to it
    run()


if __name__ == "__main__":
    main()
