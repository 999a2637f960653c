"""Plan -> the directory that Edge Image Builder takes."""

from __future__ import annotations

from dualstack.eib.build import build_tree
from dualstack.eib.definition import DEFINITION, base_image
from dualstack.eib.files import ProjectFiles, Reader
from dualstack.eib.survey import marker_of
from dualstack.eib.tree import MARKER, File, LeftOut, Tree
from dualstack.eib.write import Report, write_tree

__all__ = [
    "DEFINITION",
    "MARKER",
    "File",
    "LeftOut",
    "ProjectFiles",
    "Reader",
    "Report",
    "Tree",
    "base_image",
    "build_tree",
    "marker_of",
    "write_tree",
]
