"""What makes a bare machine ready: run ``tools/ready``. Standard library alone; not part of the package."""
