"""The targets document: versioned JSON, the only contract between hosting and monitor.

``to_document`` and ``from_document`` are inverse to each other; defaults are left out. Plain dicts in and out: reading
and writing files is the caller's.
"""
