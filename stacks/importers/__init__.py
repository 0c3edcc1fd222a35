"""What other tools have, made into definitions: one file a kind, and an account of every value of what was read.

Rules of this folder: every value of an input is either carried into the definition or told as a finding (what nothing
has looked at is told by ``account.py`` itself); what is written has passed the grammar of definitions; no finding and
no definition repeats a password, token or cookie of the input.
"""
