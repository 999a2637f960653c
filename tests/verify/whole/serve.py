"""Servers of one machine, run in its namespace as ``python -m tests.verify.whole.serve FILE``, until killed.

The file is JSON: a list of ``{address, port, tls, pem, answer}``, texts both.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from tests.lab import api


def main() -> None:
    """Serve."""
    with ExitStack() as stack:
        for one in json.loads(Path(sys.argv[1]).read_text()):
            how = {"pem": one["pem"], "answer": one["answer"].encode(), "tls": one["tls"]}
            stack.enter_context(api.serving((one["address"],), one["port"], **how))
        print("on", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
