"""Pulumi components: how one standard hosting stack is made. Knows nothing of agencies, files or monitors."""
