#!/usr/bin/env bash
# Makes the virtual environment in which the dualstack command and Pulumi's program run: pinned packages, wheels only.
# usage: install.sh PROGRAM, the folder that holds dualstack's requirements.txt
set -euo pipefail
cd "$1"
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --requirement requirements.txt
# The build backend, pinned where the tests have it.
backend="$(sed -n 's/^\(setuptools==[^ ]*\).*/\1/p' requirements-dev.txt)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: "$backend"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
