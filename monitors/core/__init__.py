"""The rules of Siaga24, pure.

Standard library only. No files, sockets, processes, clocks or randomness: time comes in as an argument.
Data are frozen values that are valid when they exist; sums of time are whole milliseconds.
What the words mean is written in ``docs/semantics.md``.
"""
