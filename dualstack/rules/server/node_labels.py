"""Labels and taints with which nodes register themselves, as kubelet reads them.

RKE2 hands them to kubelet as ``--node-labels`` and ``--register-with-taints``, joined by commas.
"""

from __future__ import annotations

import re
from typing import Final

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove
from dualstack.rules.base import Subject
from dualstack.rules.name.name_grammar import name_problem

LABELS = Rule(
    "DS312-node-label-or-taint",
    "A node's labels and taints must be ones that kubelet registers it with.",
    Severity.ERROR,
    "kubelet does not start, and the node never joins.",
    "kubernetes cmd/kubelet/app/options/options.go (ValidateKubeletFlags), pkg/util/taints (ParseTaints), "
    "apimachinery pkg/util/validation (IsQualifiedName, IsValidLabelValue); read",
    firm=True,
)

RULES = (LABELS,)

_WORD: Final = re.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_WORD_MAX: Final = 63
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
# kubelet's own domains, and the keys outside them that it takes (k8s.io/kubelet/pkg/apis/well_known_labels.go)
_DOMAINS: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")
_RESERVED: Final = ("kubernetes.io", "k8s.io")
_TAKEN: Final = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
    }
)


def _under(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _key_problem(key: str) -> str | None:
    domain, slash, word = key.rpartition("/")
    if slash and (not domain or name_problem(domain)):
        return f"the key {key!r} has no domain before its slash"
    if len(word) > _WORD_MAX or not _WORD.fullmatch(word):
        return f"the key {key!r} is none of Kubernetes"
    return None


def _value_problem(value: str) -> str | None:
    if value and (len(value) > _WORD_MAX or not _WORD.fullmatch(value)):
        return f"the value {value!r} is none of Kubernetes"
    return None


_WORDS: Final = f"letters, digits, '-', '_' and '.', {_WORD_MAX} at most, the first and the last a letter or digit"


def label(key: At[str], value: str) -> Findings:
    """Tell a label that kubelet does not register a node with.

    Args:
        key: the label's key, with the path of the label.
        value: the label's value.
    """
    domain = key.value.rpartition("/")[0]
    if problem := _key_problem(key.value) or _value_problem(value):
        yield LABELS.at(key.path, problem, f"write {_WORDS}; before the key may stand a domain and a slash")
    elif _under(domain, _RESERVED) and not _under(domain, _DOMAINS) and key.value not in _TAKEN:
        fix: AnyFix = remove("; give it with kubectl label once the node is there, or take a domain of your own")
        yield LABELS.at(key.path, f"no node may give itself the label {key.value}", fix)


def taint(item: At[str]) -> Findings:
    """Tell a taint that kubelet does not register a node with: it must be ``key=value:Effect`` or ``key:Effect``."""
    named, _, effect = item.value.partition(":")
    key, _, value = named.partition("=")
    if effect not in _EFFECTS:
        fix = f"write it as key=value:Effect, with an effect of {', '.join(_EFFECTS)}"
        yield LABELS.at(item.path, f"the taint {item.value!r} has no effect of Kubernetes behind a colon", fix)
    elif problem := _key_problem(key) or _value_problem(value):
        yield LABELS.at(item.path, problem, f"write {_WORDS}; before the key may stand a domain and a slash")


def check_labels(subject: Subject) -> Findings:
    """Judge each node's labels and taints."""
    for index, node in enumerate(subject.site.nodes):
        for key, value in node.labels.items():
            yield from label(At(("nodes", index, "labels", key), key), value)
        for number, text in enumerate(node.taints):
            yield from taint(At(("nodes", index, "taints", number), text))


CHECKS = (check_labels,)
