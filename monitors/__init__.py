"""The monitor: runs transactions, judges them, keeps the ledger and shows what it found.

It reads answers from strangers. So nothing in here imports Docker, Pulumi or a signing key, and all that it knows of
a hosting stack is the targets document (``monitors.core.document``).
"""
