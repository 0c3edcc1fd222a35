"""Imported before any test: pytest's plugin would do it at the end, inside a running clean-up, where Python 3.11's parser
may find its recursion count off (SystemError, "AST constructor recursion depth mismatch").
"""

import hypothesis  # noqa: F401
