"""Where things are in the checkout that the tests belong to."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANTED = ROOT / "tests" / "kernels"
"""Kernels, wrong ones and right ones: modules for `--backend`."""
EXPECTED = ROOT / "tests" / "expected"
