"""Tests of dualstack; they mirror the rooms."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
