"""Benchmarks: each a function in a file of its own, with a name, a unit, a target and a direction.

``make bench`` runs all of them, ``make bench ONLY=name`` one. A missed target is a figure, not a failure. To add one,
write ``tests/bench/NAME.py`` with a function NAME under ``@benchmark(...)`` of ``base.py``; nothing else names it.
"""
