"""What the tests of the loader share."""

from __future__ import annotations

import pytest

from dualstack.document.loader import load_text
from dualstack.errors import InputError

SITE = """\
# a comment
config:
  dualstack:site:
    release: "3.5"
    nodes:
      - name: mgmt-1
        interfaces:
          - {name: eth0, mac: 34:8a:b1:4b:16:e7}
    dns: {resolvers: [192.168.100.53, "fd00:100::53"]}
"""


def value(text: str) -> object:
    return load_text(f"a: {text}\n").data["a"]


def refused(content: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        load_text(content, "f.yaml")
    assert caught.value.file == "f.yaml"
    assert caught.value.message
    assert caught.value.fix
    return caught.value
