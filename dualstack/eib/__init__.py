"""Plan -> the directory that Edge Image Builder takes."""

from __future__ import annotations

from dualstack.eib.build import build_tree, plan_stamp, refusals
from dualstack.eib.definition import DEFINITION, base_image
from dualstack.eib.files import ProjectFiles, Reader
from dualstack.eib.survey import marker_of
from dualstack.eib.tree import MARKER, File, LeftOut, Refused, Tree, some
from dualstack.eib.write import Report, write_tree

__all__ = [
    "DEFINITION",
    "MARKER",
    "File",
    "LeftOut",
    "ProjectFiles",
    "Reader",
    "Refused",
    "Report",
    "Tree",
    "base_image",
    "build_tree",
    "marker_of",
    "plan_stamp",
    "refusals",
    "some",
    "write_tree",
]
