"""GET, and nothing else, at one API server: bounded in time and size."""

from __future__ import annotations

import json
import math
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dualstack.probe.connect import no_route
from dualstack.scratch import scratch
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.failures import Absent, Denied, Failure, Unknown, failure
from dualstack.verify.model import Way
from dualstack.verify.places import Here

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

LARGEST: Final = 64 << 20
"""Bytes of one answer; a page of 250 objects is some 2 MiB."""
_BUSY: Final = (429, 503)
_TRIES: Final = 3
"""How often a busy API server is asked that says when to come again (API priority and fairness; ``Retry-After``)."""
_CHUNK: Final = 1 << 18
_TIMES: Final = 4
"""How often the seconds of a way may pass until an answer is whole: a busy API server's first list is slow."""


class Client:
    """One API server; threads may share it."""

    def __init__(self, access: Access, way: Way, *, at: tuple[str, int] | None = None, called: str = "") -> None:
        """Connect to nothing yet.

        Args:
            access: server and login.
            way: how long to wait, and where addresses of the plan lead to.
            at: another address and port to ask at, with the same authority; its certificate must hold a name of API
                servers, not that address: kubelets have certificates of the same authority.
            called: what the server is called in the Host header, where not by the address that is asked.

        Raises:
            Failure: authority or login cannot be read.
        """
        host, port = at or (access.host, access.port)
        self._access, self._seconds, self._called = access, way.seconds, called
        self._tls = access.server.startswith("https:")
        self._root = access.path if at is None else ""
        from dualstack.verify.cluster.connections import api_names, prepare

        to = way.to(host, port)
        # A proxy is reached from here: kubectl knows no other way.
        path = "" if access.proxy else _door(way, *to)
        names = () if at is None or access.insecure else api_names(access.name or access.host)
        self._pool = prepare(self._connect(to, host, named=at is None), path, names)

    def get(
        self,
        path: str,
        accept: str = "application/json",
        more: Mapping[str, str] = MappingProxyType({}),
        end: float = math.inf,
    ) -> Any:
        """Ask for a path, and give what JSON it answers.

        Args:
            path: with its query.
            accept: media type.
            more: further headers.
            end: by the monotonic clock, when the answer must be whole at the latest.

        Raises:
            Absent: there is no such thing.
            Denied: the login may not.
            Unknown: the login is not known.
            Failure: no answer, or none that could be read.
        """
        headers = {"Accept": accept, "User-Agent": "dualstack-verify", **more}
        if self._called:
            headers["Host"] = self._called
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        end = min(end, time.monotonic() + _TIMES * self._seconds)
        for left in reversed(range(_TRIES)):
            with self._asked(path, headers, end) as response:
                body = self._body(response)
            pause = response.headers.get("Retry-After", "")
            wait = min(float(pause), self._seconds) if pause.isdecimal() else math.inf
            if response.status not in _BUSY or not left or time.monotonic() + wait > end:
                break
            time.sleep(wait)
        if response.status == 404:
            raise Absent(path)
        if response.status == 401:
            raise Unknown
        if response.status == 403:
            raise Denied(path)
        if response.status != 200:
            raise Failure(f"HTTP {response.status} for {path.partition('?')[0]}", status=response.status)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise Failure(f"no JSON for {path.partition('?')[0]}") from None

    @contextmanager
    def _asked(self, path: str, headers: dict[str, str], end: float) -> Iterator[BaseHTTPResponse]:
        from urllib3.exceptions import HTTPError

        from dualstack.verify.cluster.connections import Limit, Unnamed

        with Limit(end - time.monotonic()) as limit:
            try:
                response = self._pool.request(
                    "GET", self._root + path, headers=headers, preload_content=False, redirect=False, retries=False
                )
                try:
                    yield response
                finally:
                    response.close()
                if limit.over:  # without a length an answer that is cut off looks whole
                    raise TimeoutError
            except Unnamed as error:
                raise Failure(str(error), other=True) from None
            except (HTTPError, OSError) as error:
                if limit.over:
                    raise Failure("its answer was not whole in time") from None
                if isinstance(error, HTTPError):
                    raise failure(error) from None
                raise Failure(error.strerror or str(error), route=not no_route(error)) from None

    def _body(self, response: BaseHTTPResponse) -> bytes:
        body = bytearray()
        for data in response.stream(_CHUNK, decode_content=True):
            body += data
            if len(body) > LARGEST:
                raise Failure(f"its answer is larger than {LARGEST >> 20} MiB")
        return bytes(body)

    def _connect(self, to: tuple[str, int], host: str, *, named: bool) -> HTTPConnectionPool:
        import urllib3

        options: dict[str, Any] = {"timeout": urllib3.Timeout(self._seconds, _TIMES * self._seconds), "maxsize": 16}
        if self._tls:
            name = self._access.name or host
            options |= {"ssl_context": self._context(), "server_hostname": name, "assert_hostname": name}
            if not named or self._access.insecure:
                options["assert_hostname"] = False
            if self._access.insecure:
                # Whoever says so knows it: the kubeconfig, or who asks Ironic, whose certificate is judged elsewhere.
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if self._access.proxy:
            return self._through(to, options)
        kind = urllib3.HTTPSConnectionPool if self._tls else urllib3.HTTPConnectionPool
        return kind(to[0], to[1], **options)

    def _through(self, to: tuple[str, int], options: dict[str, Any]) -> HTTPConnectionPool:
        import urllib3

        proxy, scheme = self._access.proxy, "https" if self._tls else "http"
        try:
            if proxy.startswith("socks"):
                from urllib3.contrib.socks import SOCKSProxyManager

                return SOCKSProxyManager(proxy.replace("socks5://", "socks5h://", 1), **options).connection_from_host(
                    to[0], to[1], scheme
                )
            return urllib3.ProxyManager(proxy, **options).connection_from_host(to[0], to[1], scheme)
        except (ValueError, urllib3.exceptions.HTTPError):
            raise Failure("the proxy-url of the kubeconfig cannot be read") from None

    def _context(self) -> ssl.SSLContext:
        access = self._access
        context = ssl.create_default_context()
        # Other certificates than those of the cluster are no proof of it.
        if access.authority or access.insecure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # urllib3 looks at the name itself.
        context.check_hostname = False
        if access.insecure:
            context.verify_mode = ssl.CERT_NONE
        # The host names of old certificates' common names are none.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        try:
            if access.authority and not access.insecure:
                context.load_verify_locations(cadata=access.authority.decode("ascii", "replace"))
            if access.certificate and access.key:
                with _file(access.certificate + b"\n" + access.key) as file:
                    context.load_cert_chain(file)
        except (ssl.SSLError, ValueError):
            raise Failure("the certificates in the kubeconfig cannot be read") from None
        return context


def _door(way: Way, host: str, port: int) -> str:
    """Give a UNIX socket that leads to a server, where connections begin elsewhere; else nothing.

    Raises:
        Failure: the place is not reached, or leads nowhere.
    """
    if isinstance(way.place, Here):
        return ""
    import asyncssh

    from dualstack.probe.ssh import NO_ROUTE, Refused, words

    try:
        return way.place.run(lambda: way.place.door(host, port))
    except Refused as error:
        raise Failure(str(error)) from None
    except asyncssh.ChannelOpenError as error:
        raise Failure(f"{words(error)}, seen from the jump host", route=error.reason not in NO_ROUTE) from None
    except (OSError, asyncssh.Error) as error:
        raise Failure(f"the jump host: {words(error)}") from None


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    """Give a name for what ``ssl`` reads from files alone: in memory where the system can do that."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("dualstack")
        try:
            os.write(number, content)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    with scratch("login") as folder:
        file = folder / "login"
        file.touch(0o600)
        file.write_bytes(content)
        yield str(file)
