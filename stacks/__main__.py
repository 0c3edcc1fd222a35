"""Pulumi's entry for people who have its official release: ``pulumi preview --stack AGENCY-CODE``."""

from stacks.entry import preview_program

preview_program()
