"""A kubeconfig as RKE2 writes it, with secrets that a search finds."""

from __future__ import annotations

import base64

CANARY = "canary-0f1e2d3c"
"""As in the other secrets of the lab."""


def _data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


KUBECONFIG = f"""\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {_data("the certificate of the CA")}
    server: https://127.0.0.1:6443
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {{}}
users:
- name: default
  user:
    client-certificate-data: {_data("the certificate of the user")}
    client-key-data: {_data(f"{CANARY}: the key of the user, which is long")}
"""
