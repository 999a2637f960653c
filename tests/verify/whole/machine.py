"""One machine of a whole site: its servers, sshd, and files that seem to lie in /etc and /var/lib."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import PROJECT
from tests.lab.authority import Authority
from tests.lab.sshd import Sshd
from tests.verify.whole.spaces import Spaces

# A namespace of names and mounts: the host's own /etc and /var/lib stay below, and are not written.
_INSIDE = """set -e
hostname {name}
mount -t tmpfs none {folder}/over
for place in etc var/lib; do
  mkdir -p {folder}/over/$place {folder}/over/work/$place
  mount -t overlay none -o lowerdir=/$place,upperdir={folder}/over/$place,workdir={folder}/over/work/$place /$place
done
rm -f /etc/resolv.conf; ln -s {folder}/files/resolv.conf /etc/resolv.conf
ln -s {folder}/files/dualstack /etc/dualstack
mkdir -p /var/lib/rancher/rke2; ln -s {folder}/files/server /var/lib/rancher/rke2/server
exec "$@"
"""


class Machine:
    """One node; its files may be edited while it runs."""

    def __init__(self, spaces: Spaces, name: str, folder: Path, place: str = "") -> None:
        """Make its files.

        Args:
            spaces: networks.
            name: its host name.
            folder: for its files.
            place: its namespace, where that is called otherwise.
        """
        self.name, self.folder, self._place = name, folder, place or name
        self._spaces = spaces
        self._servers: subprocess.Popen[str] | None = None
        (folder / "over").mkdir(parents=True)
        self.files = folder / "files"
        (self.files / "dualstack").mkdir(parents=True)
        (self.files / "server/tls").mkdir(parents=True)
        script = folder / "inside.sh"
        script.write_text(_INSIDE.format(name=name, folder=folder))
        prefix = (*spaces.inside(self._place), "unshare", "--uts", "--mount", "sh", str(script))
        self.sshd = Sshd(folder / "sshd", prefix=prefix)
        self.sshd.port = 22

    def certify(self, authority: Authority, days: int = 300) -> None:
        """Put RKE2's certificates there."""
        for name in ("serving-kube-apiserver.crt", "client-admin.crt"):
            pem = authority.issue(("127.0.0.1",), days=days)
            shown = pem[pem.index("-----BEGIN CERTIFICATE-----") :]
            (self.files / "server/tls" / name).write_text(shown)

    @property
    def stamp(self) -> Path:
        """The file that tells whose machine it is."""
        return self.files / "dualstack/site.json"

    def serve(self, servers: list[dict[str, Any]]) -> None:
        """Start its servers, in place of those that run."""
        self.silence()
        file = self.folder / "servers.json"
        file.write_text(json.dumps(servers))
        command = [*self._spaces.inside(self._place), sys.executable, "-m", "tests.verify.whole.serve", str(file)]
        self._servers = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        assert self._servers.stdout is not None
        assert self._servers.stdout.readline() == "on\n"

    def silence(self) -> None:
        """End its servers."""
        if self._servers is not None:
            self._servers.kill()
            self._servers.communicate(timeout=20)
            self._servers = None
