"""A repository of sites with the workflows in it, on a branch ``main`` and as pull requests leave it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests import PROJECT
from tests.cli.conftest import Project

OVERLAP = "cluster:\n  services:\n    ipv4: 10.42.0.0/16\n"
GOOD = "cluster:\n  services:\n    ipv4: 10.96.0.0/12\n"


class Repository(Project):
    """Its work tree; what is written becomes a commit by ``commit``."""

    def __init__(self, folder: Path) -> None:
        """Make it with one commit on main, without a site."""
        folder.mkdir(parents=True)
        super().__init__(folder)
        for part in ("ci", ".github"):
            shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in (".gitignore", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(PROJECT / name, folder)
        self.git("init", "--quiet", "--initial-branch=main")
        # What GitHub allows: any commit may be fetched.
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit("start")

    def git(self, *arguments: str) -> str:
        """Run git and give what it printed."""
        who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything and give the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str) -> str:
        """Give the merge of a branch into main, as GitHub makes it for a pull request; main stays."""
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", branch)
        merged = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "main")
        return merged
