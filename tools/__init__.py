"""What makes a bare machine ready: run ``tools/ready``. Standard library alone, one idea a file; not part of the package."""
