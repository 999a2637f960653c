"""Manifests of the user's: read document by document, judged as policies judge a program's resources."""

from __future__ import annotations

from dualstack.manifests.judge import judged
from dualstack.manifests.place import PACKAGED_FOLDER, placed

__all__ = ["PACKAGED_FOLDER", "judged", "placed"]
