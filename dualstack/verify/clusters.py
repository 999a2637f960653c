"""Whether all servers are of one cluster: who signed what they show, compared with each other and with a kubeconfig.

A server that answers well and is another cluster's looks healthy by itself: an address that is used twice, a virtual
address that an old cluster still holds, a bootstrap server that was installed again and made a cluster of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from dualstack.errors import InputError
from dualstack.plan.model import Plan
from dualstack.verify.asking import body
from dualstack.verify.model import Kind, Proof, Result, Word

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ASKED: Final = "cluster: whose it is"
_FIX: Final = (
    "look which machine has this address: one that is used twice, a virtual address that another cluster holds, or a "
    "server that was installed again and made a cluster of its own (docs/ha.md); a proxy that ends TLS looks the same"
)


@dataclass(frozen=True)
class Authority:
    """Who signs for the cluster.

    Attributes:
        certificates: its own, in RKE2 one, or a chain.
        source: from whom they are known, in words.
        at: where they came from; empty for a kubeconfig.
    """

    certificates: tuple[Certificate, ...]
    source: str
    at: str = ""

    def signed(self, certificate: Certificate) -> bool:
        """Tell whether it signed a certificate."""
        return any(_signed(one, certificate) for one in self.certificates)

    def meets(self, others: Sequence[Certificate]) -> bool:
        """Tell whether any of other authorities is one of these."""
        return bool(set(self.certificates) & set(others))


def comparing(plan: Plan, authority: bytes = b"") -> Callable[[Sequence[Result]], list[Result]]:
    """Give what adds the comparisons to the results of a round: one behind each server that showed something.

    Args:
        plan: of the site.
        authority: certificates in PEM of who signs for the cluster by its kubeconfig; empty where nobody says it.

    Raises:
        InputError: they are none.
    """
    known = Authority(_of_kubeconfig(authority), "the kubeconfig") if authority else None
    first = [str(address) for address in plan.initializer.addresses.values()]
    return partial(_compared, first, known)


def _compared(first: Sequence[str], known: Authority | None, results: Sequence[Result]) -> list[Result]:
    authority = known or _authority(first, results)
    if authority is None and not any(one.kind is Kind.SUPERVISOR for one in results):
        return list(results)  # nobody was asked for it
    found: list[Result] = []
    for result in results:
        found.append(result)
        if result.proof is not None and result.kind in (Kind.API, Kind.SUPERVISOR):
            found.append(_judged(result, result.proof, authority))
    return found


def _authority(first: Sequence[str], results: Sequence[Result]) -> Authority | None:
    """Take the word of most supervisors; of as many on each side, that of the server which makes the cluster."""
    given = [
        Authority(certificates, f"the supervisor at {one.at}", one.at)
        for one in results
        if one.proof is not None and (certificates := _handed_out(one.kind, one.proof))
    ]
    given.sort(key=lambda one: one.at.rpartition(":")[0].strip("[]") not in first)
    return max(given, key=lambda one: sum(one.meets(other.certificates) for other in given), default=None)


def _handed_out(kind: Kind, proof: Proof) -> tuple[Certificate, ...]:
    """Read what a supervisor hands out as the cluster's CA."""
    from cryptography import x509

    if kind is not Kind.SUPERVISOR:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(body(proof.response)))
    except ValueError:
        return ()


def _judged(result: Result, proof: Proof, authority: Authority | None) -> Result:
    from cryptography import x509

    result = replace(result, asked=ASKED, word=Word.OK, seen="", consequence="", fix="", rule=None, proof=None)
    if authority is None:
        fix = "mend what is said of the supervisors, or give a kubeconfig"
        return replace(result, word=Word.NOT_CHECKABLE, seen="nobody handed out the cluster's CA", fix=fix)
    try:
        shown = x509.load_der_x509_certificate(proof.certificate)
    except ValueError as error:
        return replace(result, word=Word.NOT_CHECKABLE, seen=f"its certificate cannot be read: {error}", fix=_FIX)
    wanted = f"{authority.source} ({_named(authority.certificates[0])})"
    own = _handed_out(result.kind, proof)
    if own and not authority.meets(own):
        return _stranger(result, f"it hands out another CA ({_named(own[0])}) than {wanted}")
    if not authority.signed(shown):
        return _stranger(result, f"its certificate is signed by {_issuer(shown)}, and not by the CA of {wanted}")
    same = "it is where the others are compared with" if result.at == authority.at else f"the CA of {authority.source}"
    return replace(result, seen=same)


def _stranger(result: Result, seen: str) -> Result:
    return replace(
        result,
        word=Word.FAILED,
        seen=f"it answers, but as another cluster: {seen}",
        consequence="nodes and clients of this cluster refuse it, or work on the other one without knowing",
        fix=_FIX,
    )


def _signed(authority: Certificate, certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return certificate == authority
    return True


def _named(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    digest = certificate.fingerprint(SHA256()).hex()[:16]
    return f"{ascii(certificate.subject.rfc4514_string())[1:-1]}, SHA-256 {digest}..."


def _issuer(certificate: Certificate) -> str:
    return ascii(certificate.issuer.rfc4514_string())[1:-1]


def _of_kubeconfig(authority: bytes) -> tuple[Certificate, ...]:
    """Read the authority of a kubeconfig.

    Raises:
        InputError: it is none.
    """
    from cryptography import x509

    try:
        return tuple(x509.load_pem_x509_certificates(authority))
    except ValueError:
        fix = "give the file that RKE2 writes: /etc/rancher/rke2/rke2.yaml"
        raise InputError("the certificate authority in the kubeconfig cannot be read", fix=fix) from None
