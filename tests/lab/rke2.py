"""A host as RKE2 leaves it, as far as SSH shows: a real OpenSSH server at which one file seems to be elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.lab.kubeconfig import KUBECONFIG
from tests.lab.sshd import Sshd

FILE = "/etc/rancher/rke2/rke2.yaml"
FORCED = """\
#!/bin/sh
# Every command runs with the file's name replaced, since nothing may be written to this machine's /etc.
PATH={folder}/bin:$PATH
export PATH
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >> {folder}/commands
exec sh -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | sed 's#{file}#{folder}/rke2.yaml#g')"
"""
SUDO = """\
#!/bin/sh
[ "$1" = -n ] || exit 9
echo "$*" >> {folder}/sudo
shift
for word in "$@"; do [ "$word" = {folder}/rke2.yaml ] && exec cat {folder}/hidden.yaml; done
"""


class Rke2Host(Sshd):
    """Used by ``with``; ``write`` changes the kubeconfig."""

    def __init__(self, folder: Path, *options: str, sudo: bool = False, prefix: tuple[str, ...] = ()) -> None:
        """Make it.

        Args:
            folder: of its files.
            options: of sshd.
            prefix: a command that starts it, as for ``Sshd``.
            sudo: whether the user is not root, and only root may read the file.
        """
        self._name = "hidden.yaml" if sudo else "rke2.yaml"
        super().__init__(folder, f"ForceCommand sh {folder}/forced", *options, prefix=prefix)
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "forced").write_text(FORCED.format(folder=folder, file=FILE))
        if sudo:
            self._program("id", "#!/bin/sh\necho 1000\n")
            self._program("sudo", SUDO.format(folder=folder))
        self.write(KUBECONFIG)

    def write(self, text: str) -> None:
        """Put a kubeconfig there."""
        (self.folder / self._name).write_text(text)

    def remove(self) -> None:
        """Take it away, as before RKE2's first start."""
        (self.folder / self._name).unlink()

    @property
    def commands(self) -> list[str]:
        """What was run, in order."""
        file = self.folder / "commands"
        return file.read_text().splitlines() if file.exists() else []

    def _program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(text)
        file.chmod(0o755)
