"""What a change means, in words: the worst first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from dualstack.diff.compare import FileChange, SiteDiff
from dualstack.diff.escape import Code, Text, shortened
from dualstack.diff.operations import Step
from dualstack.diff.properties import Change, show_path
from dualstack.frozen import UNKNOWN
from dualstack.style import counted
from dualstack.tokens import ANSWERS, BUILD, DIRECTORY, PROVIDER, READY, RELEASE


class Impact(IntEnum):
    """How bad, worst first."""

    REIMAGE = 0
    REPLACE = 1
    DELETE = 2
    UPDATE = 3
    CREATE = 4
    NONE = 5

    @property
    def word(self) -> str:
        """The word for it."""
        return ("re-image", "replace", "delete", "update", "create", "none")[self]

    @property
    def destroys(self) -> bool:
        """Whether something that is there goes."""
        return self <= Impact.DELETE


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happens."""

    impact: Impact
    text: Text


_SHOWN: Final = 3
_LONGEST: Final = 100
_ROLES: Final = ("disk", "host", "network")


def brief(value: Any) -> Code:
    """Give a value as short text; what is not text as JSON."""
    text = _text(value)
    return Code(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split()) if "\n" in text else text


def from_to(change: Change) -> Text:
    """Give ``before → after``; of a secret only that it changed."""
    if change.how == "add":
        return (brief(change.after), " added")
    if change.how == "delete":
        return (brief(change.before), " removed")
    if change.secret and change.before == change.after:
        return ("changed (secret)",)
    if change.after == UNKNOWN:
        return ("known once deployed",)
    more = (" (a secret in it, too)",) if change.secret else ()
    before, after = _text(change.before), _text(change.after)
    if before == after:  # they differ in white space, or in type
        before, after = (json.dumps(value, ensure_ascii=False) for value in (change.before, change.after))
    before, after = shortened(before, after, _LONGEST)
    return (Code(before), " → ", Code(after), *more)


def lines_of(site: SiteDiff) -> list[Line]:
    """Give what happens to a site, worst first; what is only kept in state by components is left out."""
    if site.status == "unreadable":
        return []
    if site.status == "removed":
        count = sum(step.custom for step in site.steps or ())
        more = f"; the {counted(count, 'resource')} of its stack stay" if count else ""
        text = ("its stack file is removed: nothing destroys what is deployed", more, ", unless somebody runs ")
        return [Line(Impact.DELETE, (*text, Code(f"dualstack destroy {site.name}"), " before the merge"))]
    steps = site.steps or ()
    # What changes in the directory is told by its files.
    shown = [step for step in steps if not (site.files and step.type == DIRECTORY and step.op == "update")]
    found = [line for step in shown if (line := _line(step, steps)) is not None]
    if site.files and any(step.type == BUILD and step.op == "update" for step in steps):
        found.insert(0, Line(Impact.UPDATE, files_text(site.files)))
    if (image := _image(site)) is not None:
        found.append(image)
    return sorted(found, key=lambda line: line.impact)


def impact_of(site: SiteDiff) -> Impact:
    """Give the worst that happens to a site."""
    return min((line.impact for line in lines_of(site)), default=Impact.NONE)


def headline(site: SiteDiff) -> str:
    """Give what happens to a site in a few words without values."""
    if site.status == "unreadable":
        return "cannot be read"
    if site.status == "removed":
        return "removed; what is deployed stays"
    steps = [step for step in site.steps or () if step.custom]
    if site.status == "new":
        return f"new, {counted(len(steps), 'resource')}" if site.steps is not None else "new, with errors"
    parts: list[str] = []
    for op, word in (("replace", "replaced"), ("delete", "deleted")):
        if roles := [role for role in _ROLES if any(step.op == op and step.kind.role == role for step in steps)]:
            parts.append(f"{_listed(roles)} {word}")
    if _image(site) is not None:
        parts.append("needs a new image")
    rest = [step for step in steps if not (step.kind.role and step.op in ("replace", "delete"))]
    for op, word in (("replace", "replaced"), ("delete", "deleted"), ("update", "updated"), ("create", "created")):
        if count := sum(step.op == op for step in rest):
            parts.append(f"{count} {word}")
    if any(step.blocked for step in steps):
        parts.append("refused: protected")
    if site.steps is None:
        parts.append("operations unknown: a side has errors")
    return "; ".join(parts) or "nothing to deploy"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _line(step: Step, steps: Sequence[Step]) -> Line | None:
    if not step.custom:
        return None
    role = step.kind.role
    impact = {
        "replace": Impact.REIMAGE if role else Impact.REPLACE,
        "delete": Impact.REIMAGE if role else Impact.DELETE,
        "update": Impact.UPDATE,
        "create": Impact.CREATE,
    }[step.op]
    subject: Text = (f"{step.kind.word} ", Code(step.label), " ")
    text = (*subject, *_what(step, steps), *_why(step, steps), *_follows(step, steps))
    return Line(impact, (str(text[0][:1].upper() + text[0][1:]), *text[1:]))


def _what(step: Step, steps: Sequence[Step]) -> Text:
    if step.op == "create":
        return ("is made",)
    if step.op == "delete":
        return ("leaves the state, and stays where it is",) if step.kept else ("is deleted",)
    if step.op == "replace":
        if step.type == RELEASE and any(other.kind.role == "disk" and other.op == "replace" for other in steps):
            return ("is installed anew on the new disk",)
        return ("is deleted and made anew",)
    if step.type == RELEASE:
        return ("is upgraded in place",)
    if step.type == BUILD:
        return ("is run again",)
    if step.type in (READY, ANSWERS):
        return ("is done again",)
    return ("is updated in place",) if step.kind.known else ("is updated, or replaced if its provider cannot do that",)


def _why(step: Step, steps: Sequence[Step]) -> Text:
    """Give the inputs that are the reason, those that force a replacement first."""
    own = [change for change in step.changes if change.after != UNKNOWN and not bulky(step, change)]
    if step.op == "replace":
        own = [change for change in own if change.path in step.forced_by]
    if step.type == RELEASE:
        # The chart's version and the values are what people look for; the rest is derived from them.
        own.sort(key=lambda change: (change.path[0] != "version", change.path[0] != "values"))
    if not own:
        cause = next((other for other in steps if other.urn == step.cause), None)
        if cause is None:
            return ()
        words = {"create": "is new", "replace": "is replaced"}.get(cause.op, "changes")
        return (", because ", Code(cause.label), f" {words}")
    text: list[str | Code] = [": "]
    for index, change in enumerate(own[:_SHOWN]):
        text += [", " if index else "", Code(show_path(change.path)), " ", *from_to(change)]
    if len(own) > _SHOWN:
        text.append(f", and {len(own) - _SHOWN} more")
    return tuple(text)


def bulky(step: Step, change: Change) -> bool:
    """Tell whether a change is told better elsewhere: rendered files have their own diff, a version is plumbing."""
    if step.type.startswith(PROVIDER) and change.path == ("version",):
        return True
    return step.type == DIRECTORY and change.path[0] == "files"


def _follows(step: Step, steps: Sequence[Step]) -> Text:
    gone = step.op in ("replace", "delete") and not step.kept
    text: list[str | Code] = []
    if gone and step.kind.role == "disk" and any(change.path == ("source",) for change in step.changes):
        text.append("; the disk on top of it goes, too")
    elif gone and step.kind.role == "disk":
        text.append("; all that was written on it is lost, the cluster with it")
    elif gone and step.kind.role == "network":
        text.append("; whatever is attached to it is cut off")
    elif gone and step.kind.role == "host":
        disk = any(other.kind.role == "disk" and other.op in ("replace", "delete") for other in steps)
        text.append("; it starts from the new disk" if disk else "; the cluster is away until it has started again")
    if step.blocked:
        text += [". It is protected: the engine refuses, until ", Code(f"pulumi state unprotect '{step.urn}'")]
    return tuple(text)


def loses_host(site: SiteDiff) -> bool:
    """Tell whether the deployment deletes a host, a disk or a network, to make it anew or not."""
    return site.status != "removed" and any(
        step.kind.role and step.op in ("replace", "delete") and not step.kept for step in site.steps or ()
    )


def needs_image(site: SiteDiff) -> bool:
    """Tell whether the running host takes the change only with a new image, and nothing sees to that."""
    return _image(site) is not None


def _image(site: SiteDiff) -> Line | None:
    """Say that a host takes a change only with a new image; None where the engine sees to it, or nothing changes."""
    files = image_files(site)
    steps = site.steps or ()
    replaced = any(step.kind.role == "disk" and step.op == "replace" for step in steps)
    if not files or site.status != "changed" or replaced:
        return None
    built = (site.head or {}).get("host", {}).get("built")
    last = "the image is built anew, and " if built else "build a new image and "
    end = "re-image the host; until then the running one keeps the old" if built else "re-image the host with it"
    return Line(Impact.REIMAGE, (*files_text(files), f": the running host does not take that; {last}{end}"))


def files_text(files: Sequence[FileChange]) -> Text:
    """Say that files of the image change, and which."""
    names: list[str | Code] = []
    for index, file in enumerate(files[:_SHOWN]):
        secret = ", a secret in it" if file.secret else ""
        names += [", " if index else "", Code(file.path), secret]
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    verb = "changes" if len(files) == 1 else "change"
    return (f"{counted(len(files), 'file')} of the image {verb} (", *names, f"{more})")


def image_files(site: SiteDiff) -> list[FileChange]:
    """Give the changed files that only a new image brings to the host.

    The values of a chart whose changes go to the living cluster beside the image are not among them.
    """
    charts: Sequence[Mapping[str, Any]] = (site.head or {}).get("charts", ())
    sent = {
        f"kubernetes/helm/values/{chart['name']}.yaml" for chart in charts if chart.get("change") == "HelmChartConfig"
    }
    return [file for file in site.files if file.path not in sent]
