"""Directory and image through the provider's process, as the engine meets it."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest

from tests.lab.podman import Podman
from tests.lab.provider import SECRET as KIND
from tests.lab.provider import SIGNATURE, ProviderProcess, secret
from tests.provider.image.building import BASE, BUILDER, DEFINITION, IMAGES, OUT, SECRET

DIRECTORY, BUILD = "dualstack:image:Directory", "dualstack:image:Build"
FILES = {"definition.yaml": {"mode": "0600", "content": secret(DEFINITION)}}


def clear(value: Any) -> Any:
    """Leave out what is marked as secret."""
    if isinstance(value, dict):
        return None if value.get(SIGNATURE) == KIND else {key: clear(item) for key, item in value.items()}
    return [clear(item) for item in value] if isinstance(value, list) else value


def test_no_secret_leaves_unmarked(podman: Podman) -> None:
    podman.plan(say=[f"login with {SECRET}"], fail=f"cannot log in with {SECRET}")
    with ProviderProcess(cwd=podman.project) as provider:
        given, failures = provider.check(DIRECTORY, {"site": "paris", "path": str(OUT), "files": FILES})
        id_, state = provider.create(DIRECTORY, given)
        _, found, again = provider.read(DIRECTORY, id_, given, state)
        assert failures == {} and again == state
        for message in (state, found, again):
            assert message["files"]["definition.yaml"]["content"][SIGNATURE] == KIND
            assert SECRET not in json.dumps(clear(message))
        assert state["salt"][SIGNATURE] == KIND
        image = {"directory": str(OUT), "digest": state["digest"], "baseImage": BASE, "builder": BUILDER}
        with pytest.raises(grpc.RpcError) as caught:
            provider.create(BUILD, {**image, "secrets": [secret(SECRET)]})
        assert "cannot log in with [secret]" in caught.value.details()
        podman.plan()
        _, built = provider.create(BUILD, {**image, "secrets": [secret(SECRET)]})
        assert SECRET not in json.dumps(clear(built))
    assert SECRET not in provider.stdout + provider.stderr
    assert not [path for path in IMAGES.glob("*.log") if SECRET in path.read_text()]


def test_a_provider_that_is_told_to_end_ends_the_build(podman: Podman) -> None:
    podman.plan(hang="deaf")
    with ProviderProcess(cwd=podman.project) as provider:
        _, state = provider.create(DIRECTORY, {"site": "paris", "path": str(OUT), "files": FILES})
        image = {"directory": str(OUT), "digest": state["digest"], "baseImage": BASE, "builder": BUILDER, "secrets": []}
        told: list[str] = []

        def build() -> None:
            with pytest.raises(grpc.RpcError) as caught:
                provider.create(BUILD, image)
            told.append(caught.value.details())

        thread = threading.Thread(target=build)
        thread.start()
        pid = podman.wait_for_pid()
        os.kill(provider.pid, 15)
        thread.join(15)
    assert told == ["the image's build was cancelled; the next `up` begins it anew"]
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the builder lives on")
    assert {path.suffix for path in IMAGES.iterdir()} == {".log"}
