"""``ci/sites.py``, ``ci/comment.py`` and ``ci/codequality.py``, as the workflows start them."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import PROJECT

SHA = "0123456789abcdef0123456789abcdef01234567"
BOT = "github-actions[bot]"


class Forge:
    """The parts of GitHub's and GitLab's API that keep comments, on the loopback."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.failures: list[int] = []
        self.head = SHA
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """Answers."""

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

            def do_GET(self) -> None:
                """Read."""
                self._answer()

            do_POST = do_PATCH = do_PUT = do_GET

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                known = {self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN")}
                path, _, query = self.path.partition("?")
                outer.calls.append(f"{self.command} {path}")
                code, answer = (401, None) if not known & {"Bearer t0ken", "t0ken"} else (200, None)
                if code == 200:
                    code, answer = outer.answer(self.command, path, query, body)
                data = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        """Give code and document."""
        if self.failures:
            return self.failures.pop(0), {"message": "no"}
        if path.endswith("/pulls/7"):
            return 200, {"head": {"sha": self.head}}
        if path == "/user":
            return 200, {"id": 42}
        if method == "GET" and path.endswith(("/issues/7/comments", "/merge_requests/7/notes")):
            page = int(query.rpartition("page=")[2])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if method == "POST":
            self.comments.append(comment(body["body"], number=len(self.comments) + 1))
            return 201, self.comments[-1]
        if method in {"PATCH", "PUT"}:
            (one,) = [one for one in self.comments if one["id"] == int(path.rpartition("/")[2])]
            one["body"] = body["body"]
            return 200, one
        return 404, {"message": "Not Found"}


def comment(body: str, *, number: int, login: str = BOT, author: int = 42) -> dict[str, Any]:
    """Give a comment of either API."""
    return {"id": number, "body": body, "user": {"login": login}, "author": {"id": author}}


@pytest.fixture
def forge() -> Iterator[Forge]:
    made = Forge()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "comment"
    made.mkdir()
    (made / "number").write_text("7\n")
    (made / "diff.md").write_text("### paris changes\n")
    return made


def post(forge: Forge, folder: Path, mark: str = "preview", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as on GitHub."""
    given = {
        "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "team/sites", "GITHUB_TOKEN": "t0ken", "RUN_SHA": SHA,
        "RUN_URL": "https://forge.example/run/1", "COMMENT_PAUSE": "0.01", "PATH": "/usr/bin",
    }  # fmt: skip
    return script("comment.py", mark, str(folder), **given | environment)


def script(name: str, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of ci/ on its own, as beside a token: without site packages, and nothing of the folder around it."""
    return subprocess.run(
        [sys.executable, "-I", PROJECT / "ci" / name, *arguments],
        env=environment, input=given, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_one_comment_is_made_kept_and_changed(forge: Forge, folder: Path) -> None:
    forge.comments = [comment(f"talk {number}", number=number, login="someone") for number in range(1, 131)]

    assert post(forge, folder).stdout == "comment made\n"
    assert post(forge, folder).stdout == "comment is up to date\n"
    (folder / "diff.md").write_text("### nothing changes\n")
    (folder / "quiet").touch()
    assert post(forge, folder).stdout == "comment updated\n"
    assert post(forge, folder, "engine-preview").stdout == "nothing to tell, and no comment yet\n"
    (folder / "quiet").unlink()
    assert post(forge, folder, "engine-preview").stdout == "comment made\n"

    ours = [one["body"] for one in forge.comments if one["user"]["login"] == BOT]
    assert [body.splitlines()[0] for body in ours] == [
        "<!-- dualstack:preview -->",
        "<!-- dualstack:engine-preview -->",
    ]
    assert "### nothing changes" in ours[0]
    whose = f"*By the code of {SHA[:12]}, which decides what stands here. [Run](https://forge.example/run/1)*"
    assert ours[0].splitlines()[2] == whose


def test_a_comment_of_somebody_else_with_our_mark_is_left_alone(forge: Forge, folder: Path) -> None:
    forge.comments = [comment("<!-- dualstack:preview -->\nmine", number=1, login="mallory")]

    assert post(forge, folder).stdout == "comment made\n"
    assert forge.comments[0]["body"].endswith("mine")


@pytest.mark.parametrize("number", ["", "0", "7/../8", "-1", "8; rm", "9999999999"])
def test_a_number_that_is_none_reaches_no_api(number: str, forge: Forge, folder: Path) -> None:
    (folder / "number").write_text(number)

    done = post(forge, folder)

    assert (done.returncode, forge.calls) == (1, [])


def test_another_pull_request_is_not_written_to(forge: Forge, folder: Path) -> None:
    forge.head = "f" * 40

    assert "left alone" in post(forge, folder).stdout
    assert forge.comments == []
    (folder / "number").write_text("8")
    assert post(forge, folder).returncode == 1


def test_text_cannot_reach_beyond_the_comment(forge: Forge, folder: Path) -> None:
    evil = "<!-- dualstack:preview --> @team/owners ![x](https://evil.example) <img src=x> \u202e\x1b[2J <IMG\nsrc=y>"
    (folder / "diff.md").write_text(evil)

    post(forge, folder)

    (one,) = forge.comments
    body = one["body"].removeprefix("<!-- dualstack:preview -->")
    for gone in ("<!--", "@team", "![", "<img", "<IMG", "\u202e", "\x1b"):
        assert gone not in body


@pytest.mark.parametrize("text", ["````\nfence", "<details><summary>x</summary>", "<pre>", "<!--", "> [!NOTE]"])
def test_whose_words_they_are_is_told_before_any_of_them(text: str, forge: Forge, folder: Path) -> None:
    (folder / "diff.md").write_text(text)

    post(forge, folder)

    assert forge.comments[0]["body"].startswith(f"<!-- dualstack:preview -->\n\n*By the code of {SHA[:12]}, ")


@pytest.mark.parametrize(
    "text",
    ["@mallory", "&#64;mallory", "&#0064mallory", "&#x40;mallory", "&#X040mallory", "&commat;mallory", "@&#109;allory"],
)
def test_nobody_is_mentioned_by_entities_either(text: str, forge: Forge, folder: Path) -> None:
    (folder / "diff.md").write_text(f"<div>{text} &#640; &#x40a;</div>")

    post(forge, folder)

    # What a browser, and the forge's filter for mentions, make of it.
    shown = html.unescape(forge.comments[0]["body"])
    assert "@\u2060mallory" in shown
    assert re.search("@(?!\u2060)", shown) is None
    assert "\u0280 \u040a" in shown


def test_a_line_is_no_quick_action(forge: Forge, folder: Path) -> None:
    text = "/approve\n  /assign me\n/CLOSE\n/Merge\n> /label ~x\n- /todo\n\u200e/close\n\u2028/close\na /path\n/\n"
    (folder / "diff.md").write_text(text)

    post(forge, folder)

    body = forge.comments[0]["body"]
    assert re.search(r"^[\s>*+-]*/\w", body, re.MULTILINE) is None
    assert "a /path\n/" in body


def test_many_sites_as_far_as_they_fit(forge: Forge, folder: Path) -> None:
    (folder / "diff.md").unlink()
    for number in range(30):
        (folder / f"site{number:02}.md").write_text(f"### site{number:02}\n" + "x" * 5000)

    assert post(forge, folder).stdout == "comment made\n"

    (one,) = forge.comments
    assert len(one["body"]) <= 65_536
    assert one["body"].count("### site") >= 12
    assert f"{30 - one['body'].count('### site')} more do not fit here" in one["body"]


def test_a_text_that_is_too_long_is_cut_where_nothing_stays_open(forge: Forge, folder: Path) -> None:
    text = (
        "<!-- mark -->\n### first\n<details><summary>x</summary>\n\n````diff\n"
        + "+ line\n" * 20_000
        + "````\n</details>"
    )
    (folder / "diff.md").write_text(text)

    post(forge, folder)

    (one,) = forge.comments
    assert len(one["body"]) <= 65_536
    assert "<!-- mark" not in one["body"]
    assert one["body"].endswith("+ line\n````\n\n</details>\n\n*Cut here; the run has the rest.*")


def test_files_that_are_none_are_refused(forge: Forge, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    (folder / "diff.md").unlink()
    (folder / "diff.md").symlink_to(tmp_path / "secret")
    assert post(forge, folder).returncode == 1
    (folder / "diff.md").unlink()
    (folder / "diff.md").write_bytes(b"x" * (1 << 20) + b"x")
    assert post(forge, folder).returncode == 1
    (folder / "diff.md").write_bytes(b"\xff\xfe not UTF-8")
    assert post(forge, folder).returncode == 0
    (folder / "diff.md").unlink()
    assert post(forge, folder).stdout.startswith("nothing to tell")


def test_a_server_that_stumbles_is_asked_again_and_one_that_refuses_is_not(forge: Forge, folder: Path) -> None:
    forge.failures = [502, 500]
    assert post(forge, folder).returncode == 0
    forge.failures = [500, 502, 503]
    assert post(forge, folder).returncode == 1
    forge.calls.clear()
    refused = post(forge, folder, GITHUB_TOKEN="t0ken-of-another")
    assert (refused.returncode, len(forge.calls)) == (1, 1)
    assert "401" in refused.stderr and "t0ken" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_gitlab(forge: Forge, folder: Path) -> None:
    forge.comments = [comment("<!-- dualstack:diff -->\nmine", number=1, author=13)]
    given = {
        "CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "5", "MERGE_REQUEST": "7", "DUALSTACK_COMMENT_TOKEN": "t0ken",
        "CI_PIPELINE_URL": "https://forge.example/p/1", "CI_COMMIT_SHA": SHA, "PATH": "/usr/bin",
    }  # fmt: skip

    assert script("comment.py", "diff", str(folder), **given).stdout == "comment made\n"
    (folder / "diff.md").write_text("other")
    assert script("comment.py", "diff", str(folder), **given).stdout == "comment updated\n"
    assert [one["body"].splitlines()[4] for one in forge.comments if "other" in one["body"]] == ["other"]
    assert forge.calls[-1] == "PUT /projects/5/merge_requests/7/notes/2"


def listed(*sites: tuple[str, str]) -> str:
    return json.dumps({"version": 1, "sites": [{"site": name, "status": status} for name, status in sites]})


def test_sites_that_changed_and_are_there() -> None:
    given = listed(("b", "changed"), ("a", "new"), ("c", "unchanged"), ("d", "removed"), ("e", "unreadable"))

    assert json.loads(script("sites.py", given=given).stdout) == ["a", "b", "e"]
    assert json.loads(script("sites.py", "--", "c", "a", given=given).stdout) == ["a", "c"]
    assert script("sites.py", "--", "nowhere", given=given).returncode == 1
    many = script("sites.py", "--most", "2", given=given)
    assert (many.returncode, many.stdout) == (1, "")


@pytest.mark.parametrize("name", ["-rf", "a b", "$(id)", "a\nsites=x", "", "../x", "ä", "a" * 101, "`id`", "${{ x }}"])
def test_names_that_are_none_are_left_out_and_told(name: str) -> None:
    """One site keeps no other from its job; whoever asks for it by such a name is refused."""
    given = listed((name, "changed"), ("good", "changed"))
    done = script("sites.py", given=given)

    assert (done.returncode, json.loads(done.stdout)) == (0, ["good"])
    assert done.stderr == f"sites.py: left out: no name for a job: {name!a}; use letters, digits, dots and dashes\n"
    asked = script("sites.py", "--", name, given=given)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize("given", ["", "[]", '{"sites": 1}', '{"version": 1, "error": {}}', '{"sites": ["x"]}'])
def test_a_document_that_is_none_ends_it(given: str) -> None:
    done = script("sites.py", given=given)

    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_sites_of_other_programs_are_passed_over() -> None:
    given = json.dumps({"sites": [{"site": "a", "findings": "none"}, {"site": "x", "skipped": "no dualstack:site"}]})

    assert json.loads(script("sites.py", given=given).stdout) == ["a"]


def test_gitlab_pipelines() -> None:
    given = listed(("a", "new"), ("b", "changed"), ("c", "changed"))

    up = json.loads(script("sites.py", "--gitlab", "up", given=given).stdout)

    assert up.pop("include") == [{"local": "ci/gitlab/jobs.yml"}]
    assert up["up b"] == {"extends": ".dualstack:up", "variables": {"SITE": "b"}, "needs": ["up a"]}
    assert up["up c"]["needs"] == ["up b"]
    drift = json.loads(script("sites.py", "--gitlab", "drift", given=given).stdout)
    assert "needs" not in drift["drift b"]
    empty = json.loads(script("sites.py", "--gitlab", "up", given=listed()).stdout)
    assert list(empty) == ["no sites"]


def test_code_quality_says_no_more_than_what_is_wrong() -> None:
    bad = script("codequality.py", given="{}")

    assert (bad.returncode, bad.stdout) == (1, "")
    assert "Traceback" not in bad.stderr
