"""Keep one comment of a pull request (GitHub) or merge request (GitLab) up to date.

    comment.py MARK FOLDER

FOLDER holds Markdown files, and for GitHub ``number``, the pull request's; with a file ``quiet`` no comment is made, an
old one is still brought up to date. They were written by jobs that run code of
the pull request, so they are data here: nothing in them is run, the number is believed only if the pull request's head
is the commit that the jobs ran on, and the text can neither mention people nor load pictures nor carry marks of ours.

Standard library only: it runs beside a token that may write comments, and nothing else is installed there.

GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, RUN_SHA, RUN_URL; COMMENT_AUTHOR, the login whose comments are
taken for ours. GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_COMMIT_SHA, CI_PIPELINE_URL, MERGE_REQUEST, the number, and
DUALSTACK_COMMENT_TOKEN.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIMITS = {"github": 65_536, "gitlab": 1_000_000}
"""Characters of a comment."""
LARGEST_FILE = 1 << 20
TRIES, PAUSE = 3, float(os.environ.get("COMMENT_PAUSE", "2"))
SECONDS = 30


class Failed(Exception):
    """What ends the run with a line and exit code 1."""


class Api:
    """A REST API with JSON."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        """Take its address, and what authenticates.

        Raises:
            Failed: the address is none of HTTP.
        """
        if not base.startswith(("https://", "http://")):
            raise Failed(f"the API's address is no URL: {base}")
        self.base, self.headers = base.rstrip("/"), dict(headers)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call it; a server's own failure is tried again.

        Raises:
            Failed: it refuses, or does not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers | ({} if data is None else {"Content-Type": "application/json"})
        for attempt in range(1, TRIES + 1):
            request = urllib.request.Request(self.base + path, data, headers, method=method)  # noqa: S310
            try:
                with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                problem = f"{method} {path}: {error.code} {error.read(300).decode(errors='replace')}"
                if error.code < 500 and error.code != 429:
                    raise Failed(problem) from None
            except (OSError, ValueError) as error:
                problem = f"{method} {path}: {error}"
            if attempt < TRIES:
                time.sleep(PAUSE * attempt)
        raise Failed(problem)

    def pages(self, path: str) -> list[Any]:
        """Give all items of a list."""
        found: list[Any] = []
        for page in range(1, 101):
            some = self.call("GET", f"{path}?per_page=100&page={page}")
            found += some
            if len(some) < 100:
                break
        return found


def main(mark: str, folder: Path) -> str:
    """Write the comment, and tell what was done.

    Raises:
        Failed: it could not be.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.:]+(-[A-Za-z0-9_.:]+)*", mark):
        raise Failed(f"not a mark: {mark}")
    texts = [(file.stem, read(file)) for file in sorted(folder.glob("*.md"))]
    if not texts:
        return "nothing to tell: the jobs left no text"
    quiet = (folder / "quiet").exists()
    if "MERGE_REQUEST" in os.environ:
        return _gitlab(mark, texts, quiet)
    return _github(mark, texts, quiet, read(folder / "number").strip())


def _github(mark: str, texts: list[tuple[str, str]], quiet: bool, number: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise Failed("the artifact names no pull request")
    repository, sha = os.environ["GITHUB_REPOSITORY"], os.environ["RUN_SHA"]
    token = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "X-GitHub-Api-Version": "2022-11-28"}
    api = Api(os.environ["GITHUB_API_URL"], token | {"Accept": "application/vnd.github+json"})
    pull = api.call("GET", f"/repos/{repository}/pulls/{number}")
    if pull["head"]["sha"] != sha:
        return f"pull request {number} is not at {sha}, or no longer: left alone"
    body = document(mark, texts, sha, os.environ["RUN_URL"], LIMITS["github"])
    author = os.environ.get("COMMENT_AUTHOR") or "github-actions[bot]"
    comments = api.pages(f"/repos/{repository}/issues/{number}/comments")
    # Anybody may write our mark into a comment, and would keep the right to edit it.
    ours = [one for one in comments if one["user"]["login"] == author and one["body"].startswith(_mark(mark))]
    if not ours and quiet:
        return "nothing to tell, and no comment yet"
    create = f"/repos/{repository}/issues/{number}/comments"
    return _keep(api, ours, body, create, f"/repos/{repository}/issues/comments", "PATCH")


def _gitlab(mark: str, texts: list[tuple[str, str]], quiet: bool) -> str:
    api = Api(os.environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": os.environ["DUALSTACK_COMMENT_TOKEN"]})
    project = urllib.parse.quote(os.environ["CI_PROJECT_ID"], safe="")
    notes = f"/projects/{project}/merge_requests/{int(os.environ['MERGE_REQUEST'])}/notes"
    body = document(mark, texts, os.environ["CI_COMMIT_SHA"], os.environ["CI_PIPELINE_URL"], LIMITS["gitlab"])
    myself = api.call("GET", "/user")["id"]
    ours = [one for one in api.pages(notes) if one["author"]["id"] == myself and one["body"].startswith(_mark(mark))]
    if not ours and quiet:
        return "nothing to tell, and no comment yet"
    return _keep(api, ours, body, notes, notes, "PUT")


def _keep(api: Api, ours: list[Any], body: str, create: str, update: str, method: str) -> str:
    if not ours:
        api.call("POST", create, {"body": body})
        return "comment made"
    if ours[0]["body"] == body:
        return "comment is up to date"
    api.call(method, f"{update}/{ours[0]['id']}", {"body": body})
    return "comment updated"


def document(mark: str, texts: list[tuple[str, str]], sha: str, url: str, limit: int) -> str:
    """Put the texts together as far as they fit; the rest is named."""
    # First, where no fence and no <details> of a text can swallow it.
    whose = f"*By the code of {sha[:12]}, which decides what stands here. [Run]({url})*"
    parts, left = [], limit - len(_mark(mark)) - len(whose) - 200
    missing = []
    for name, text in texts:
        part = defused(text).strip()
        if len(texts) == 1 and len(part) > left:
            part = cut(part, left)
        if len(part) + 2 > left:
            missing.append(name)
            continue
        parts.append(part)
        left -= len(part) + 2
    if missing:
        parts.append(f"*{len(missing)} more do not fit here; the run has them, a summary each.*")
    return "\n\n".join([_mark(mark), whose, *parts])


def cut(text: str, limit: int) -> str:
    """Shorten Markdown at a line's end, and close what is open there."""
    kept = text[: limit - 200].rpartition("\n")[0]
    fences = [line for line in kept.splitlines() if line.startswith("```")]
    ends = ["`" * (len(fences[-1]) - len(fences[-1].lstrip("`")))] if len(fences) % 2 else []
    ends += ["\n</details>"] * min(kept.count("<details") - kept.count("</details>"), 10)
    return "\n".join([kept, *ends, "\n*Cut here; the run has the rest.*"])


def defused(text: str) -> str:
    """Take out what would reach beyond the comment: mentions, pictures, quick actions, hidden text, control characters.

    Mentions are looked for once entities are read, so ``&#64;`` is one, too.
    """
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", "", text)
    # The first line may be a mark for other scripts than this one.
    text = re.sub(r"\A<!--[^>]*-->\n", "", text)
    # A character of no width, since the text may stand in a block of code.
    text = text.replace("![", "!\u2060[")
    text = re.sub(r"<(?=!--|\s*(?:img|picture|video|audio|svg|source|image)\b)", "<\u2060", text, flags=re.IGNORECASE)
    # What GitLab would do as the user of the token: it reads such lines in any case, in quotes and lists, too.
    text = re.sub(r"^([\s>*+\-]*)/(?=\w)", "\\1/\u2060", text, flags=re.MULTILINE)
    return re.sub(r"@|&(?:#0*64(?!\d)|#x0*40(?![0-9a-f])|commat);?", "@\u2060", text, flags=re.IGNORECASE)


def read(file: Path) -> str:
    """Read a file of the artifact.

    Raises:
        Failed: it is not there, no plain file, or too large.
    """
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST_FILE:
            raise Failed(f"{file.name!a} of the artifact is missing, or is no file of at most {LARGEST_FILE} bytes")
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failed(f"{file.name!a} of the artifact cannot be read: {error.strerror}") from None


def _mark(mark: str) -> str:
    return f"<!-- dualstack:{mark} -->"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: comment.py MARK FOLDER")
    try:
        print(main(sys.argv[1], Path(sys.argv[2])))
    except Failed as failure:
        sys.exit(f"comment.py: {failure}")
    except KeyError as missing:
        sys.exit(f"comment.py: {missing} is not set, or the API's answer lacks it")
