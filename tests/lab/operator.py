"""A real Baremetal Operator beside the lab's API server: its definitions, its webhook, and where wanted its Ironic.

The program is looked for as other people's tools are; its definitions are those of the vendor's metal3 chart.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import yaml

from tests.judges.tools import chart, tool
from tests.lab.bind import free_port
from tests.lab.certificates import certificate
from tests.lab.kube import Kube

CHART: Final = "metal3-0.13.1"
"""The chart whose operator is 0.11.2."""
HOSTS: Final = "/apis/metal3.io/v1alpha1/namespaces/default/baremetalhosts"
_WEBHOOK: Final = "baremetalhost.metal3.io"
_START_SECONDS: Final = 60.0


def definitions() -> Iterator[dict[str, Any]]:
    """Give the definitions of the operator's kinds."""
    with tarfile.open(chart(CHART)) as package:
        for member in package.getmembers():
            if "/baremetal-operator/crds/" in member.name and (file := package.extractfile(member)):
                yield yaml.safe_load(file)


def needed_operator() -> str:
    """Give the program, or skip the test; so where the chart with its definitions is not here."""
    chart(CHART)
    return tool("baremetal-operator")


class Operator:
    """The operator's process; what it is asked goes through the API server."""

    def __init__(self, folder: Path, kube: Kube, environment: Mapping[str, str] | None = None) -> None:
        """Look for the program; the test is skipped where it, or the chart, is not here.

        Args:
            folder: an empty one.
            kube: an API server that runs.
            environment: of the operator, such as where its Ironic is; it speaks to none where None.
        """
        self._program, self.folder, self.kube = needed_operator(), folder, kube
        self._environment = environment
        self._definitions = list(definitions())
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for one in self._definitions:
            self.kube.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", one)
        # Its web server takes the certificate from this place below the folder for temporary files.
        served = certificate(self.folder / "k8s-webhook-server/serving-certs", "127.0.0.1")
        port = free_port()
        (self.folder / "kubeconfig").write_text(self.kube.kubeconfig())
        command = [
            self._program, f"--kubeconfig={self.folder}/kubeconfig", f"--webhook-port={port}", "--metrics-addr=0",
            f"--health-addr=127.0.0.1:{free_port()}", "--namespace=default",
            *([] if self._environment is not None else ["--test-mode"]),
        ]  # fmt: skip
        given = {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **(self._environment or {})}
        with (self.folder / "operator.log").open("wb") as log:
            self._process = subprocess.Popen(command, env=given, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        hook = {
            "name": _WEBHOOK,
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "clientConfig": {
                "url": f"https://127.0.0.1:{port}/validate-metal3-io-v1alpha1-baremetalhost",
                "caBundle": base64.b64encode(served.certificate.read_bytes()).decode(),
            },
            "rules": [
                {
                    "apiGroups": ["metal3.io"],
                    "apiVersions": ["v1alpha1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["baremetalhosts"],
                }
            ],
        }
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        self.kube.call("POST", path, {"metadata": {"name": "operator"}, "webhooks": [hook]})
        ended = time.monotonic() + _START_SECONDS
        # Both have to be seen: that it refuses, and that it takes.
        while not (self.refusal({"bmc": {"address": "none://192.0.2.1"}}) and not self.refusal({})):
            if self._process.poll() is not None or time.monotonic() > ended:
                self.__exit__()
                raise AssertionError(self.log()[-4000:])
            time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def refusal(self, spec: Mapping[str, Any]) -> str:
        """Give why a BareMetalHost is refused, by its definition or the webhook; empty where it is taken."""
        whole = {"online": True, "bootMACAddress": "34:8a:b1:4b:16:00", **spec}
        if "bmc" in whole:
            whole["bmc"] = {"credentialsName": "login", **whole["bmc"]}
        body = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": "it"}, "spec": whole}
        try:
            self.kube.call("POST", f"{HOSTS}?dryRun=All", body)
        except AssertionError as error:
            return str(error)
        return ""

    def log(self) -> str:
        """Give what the operator said."""
        return (self.folder / "operator.log").read_text(errors="replace")
