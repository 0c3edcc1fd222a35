"""The durable record: its promise in ``base.py``, and the stores that keep it."""
