"""Each revision plans with its own code and its own packages."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dualstack.diff.environment import base_python, pins
from dualstack.errors import InputError
from tests import PROJECT
from tests.diff.repository import Repository, site
from tests.diff.test_diff import answer, operations, sites


@pytest.fixture
def program(tmp_path: Path) -> Repository:
    """A project that brings dualstack and the program."""
    repository = Repository(tmp_path / "repository", code=True)
    repository.site("oslo", site(130))
    repository.commit("base")
    return repository


def replace(repository: Repository, path: str, old: str, new: str) -> None:
    file = repository.project / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_program_changes(program: Repository) -> None:
    """The base's own components say what is deployed, and those of now what will be: every site is reached."""
    replace(program, "components/host.py", "READY_SECONDS = 3600", "READY_SECONDS = 3601")
    told = sites(answer(program, code=3))["oslo"]
    assert told["reachedBy"] == ["components/host.py"]
    assert operations(told)["management-host-ready"] == "update"
    changes = next(step["changes"] for step in told["resources"] if step["name"] == "management-host-ready")
    assert changes == [{"path": "timeout", "secret": False, "before": 3600, "after": 3601}]


def test_the_core_changes(program: Repository) -> None:
    """So does the base's own core, which computes the values."""
    replace(program, "dualstack/plan/names.py", "rancher-", "rancher2-")
    told = sites(answer(program, code=4))["oslo"]
    values = {value["path"]: (value["before"], value["after"]) for value in told["values"]}
    before, after = values["rancherHostname"]
    assert (before.startswith("rancher-"), after) == (True, before.replace("rancher-", "rancher2-"))


def test_an_older_dualstack(program: Repository) -> None:
    program.git("rm", "--quiet", "-r", "--cached", "dualstack/diff")
    program.git("commit", "--quiet", "-m", "older")
    program.git("tag", "older")
    document = answer(program, base="older", code=3)
    assert document["notes"] == ["the dualstack of the base revision is too old to be compared with: everything is new"]
    assert sites(document)["oslo"]["status"] == "new"


def test_another_form_of_the_snapshot(program: Repository) -> None:
    replace(program, "dualstack/diff/snapshot.py", "VERSION: Final = 1", "VERSION: Final = 7")
    program.commit("other")
    replace(program, "dualstack/diff/snapshot.py", "VERSION: Final = 7", "VERSION: Final = 1")
    document = answer(program, base="other", code=3)
    assert document["notes"] == ["the base revision plans in another form (version 7, here 1): everything is new"]


def test_broken_code(program: Repository) -> None:
    program.write("dualstack/diff/snapshot.py", "raise RuntimeError('the base is broken')")
    program.commit("broken")
    program.git("checkout", "--quiet", "base", "--", ".")
    ran = program.diff(base="broken")
    assert (ran.code, "the code of the base revision failed: RuntimeError: the base is broken" in ran.err) == (2, True)


def test_a_copy_beside_the_sites(tmp_path: Path) -> None:
    """Sites whose folder holds a copy of dualstack that git does not know: it plans both revisions."""
    repository = Repository(tmp_path / "repository")
    repository.write(".gitignore", "/dualstack/\n")
    repository.write("__main__.py", "import runpy\nrunpy.run_path('dualstack/__main__.py', run_name='__main__')\n")
    repository.site("oslo", site(130))
    repository.commit("base")
    (repository.project / "dualstack").symlink_to(PROJECT)
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data["rancher"].update(hostname="auto"))
    assert sites(answer(repository, code=4))["oslo"]["status"] == "changed"


def test_a_submodule(tmp_path: Path) -> None:
    """Sites with dualstack as a submodule: each revision has the copy that it pins."""
    source = Repository(tmp_path / "source", code=True)
    source.commit()
    repository = Repository(tmp_path / "repository")
    repository.site("oslo", site(130))
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", str(source.root), "dualstack")
    repository.commit("base")
    copy = Repository.__new__(Repository)
    copy.root = copy.project = repository.project / "dualstack"
    replace(copy, "components/host.py", "READY_SECONDS = 3600", "READY_SECONDS = 3601")
    copy.commit()
    repository.write("__main__.py", "import runpy\nrunpy.run_path('dualstack/__main__.py', run_name='__main__')\n")
    repository.git("add", "__main__.py")
    repository.git("commit", "--quiet", "-m", "program", "--", "__main__.py")
    repository.git("tag", "--force", "base")
    told = sites(answer(repository, code=3))["oslo"]
    assert told["reachedBy"] == ["dualstack", "dualstack/components/host.py"]
    assert operations(told) == {"management-host-ready": "update"}


def test_packages_that_cannot_be_had(program: Repository) -> None:
    program.write("requirements.txt", "dualstack-no-such-package @ file:///nowhere/x-1-py3-none-any.whl\n")
    program.commit("pinned")
    program.git("checkout", "--quiet", "base", "--", "requirements.txt")
    ran = program.diff(base="pinned", XDG_CACHE_HOME=str(program.root.parent / "cache"))
    assert ran.code == 2
    assert "the base's own packages cannot be had:" in ran.err
    assert "the base would not say what is deployed" in ran.err


def wheel(folder: Path) -> str:
    """Write the smallest package, which needs no index."""
    name = "marker_of_a_test-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("marker_of_a_test.py", "")
        about = "marker_of_a_test-1.0.dist-info"
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: marker-of-a-test\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return name


def test_an_environment_of_the_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made once for the same pins, and whole or not at all."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base, head = tmp_path / "base", tmp_path / "head"
    for project in (base, head):
        (project / "dualstack").mkdir(parents=True)
        (project / "dualstack/__init__.py").touch()
    (base / "requirements.txt").write_text(f"# words\n./{wheel(base)}  # more words\n")
    (head / "requirements.txt").write_text("./another.whl\n")
    told: list[str] = []
    python = base_python(base, head, told.append)
    assert python != Path(sys.executable)
    assert os.spawnv(os.P_WAIT, str(python), [str(python), "-c", "import marker_of_a_test"]) == 0
    assert len(told) == 1
    assert base_python(base, head, told.append) == python
    assert len(told) == 1
    # A half-made one, as a kill leaves it, is made again.
    (python.parent.parent / "dualstack-complete").unlink()
    assert base_python(base, head, told.append) == python
    assert len(told) == 2

    # Other words in the file are not other packages.
    (head / "requirements.txt").write_text(f"./{wheel(base)}\n# other words\n\n")
    assert pins(base) == pins(head)
    assert base_python(base, head, told.append) == Path(sys.executable)


def test_an_environment_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    (tmp_path / "requirements.txt").write_text("dualstack==0.0.1\n")
    with pytest.raises(InputError, match="cannot be had"):
        base_python(tmp_path, tmp_path / "head", lambda _: None)


def test_the_snapshot_is_one_answer(program: Repository) -> None:
    """Whatever the program prints, the answer stays JSON; documents are on standard output, one a line."""
    program.write("__main__.py", f"import os\nos.write(1, b'noise\\n')\n{(PROJECT / '__main__.py').read_text()}")
    text = (program.project / "__main__.py").read_text()
    future = "from __future__ import annotations\n"
    program.write("__main__.py", future + text.replace(future, ""))
    document: dict[str, Any] = answer(program, code=3)  # the program itself changes, which is told
    assert json.dumps(document["unchanged"]) == '["oslo"]'


@pytest.mark.parametrize("line", ["-r more.txt", "--requirement=more.txt", "-cmore.txt", "-c ./more.txt"])
def test_files_that_requirements_take_in_count_with_their_content(line: str, tmp_path: Path) -> None:
    """Else a base with the same line and another file could leave its packages to every later run."""
    told = []
    (tmp_path / "x").mkdir()
    for text in ("a==1\n-r more.txt\n", "a==2\n-r x/../requirements.txt\n-r /dev/zero\n", "a==1\n-r more.txt\n"):
        (tmp_path / "requirements.txt").write_text(f"{line}\n")
        (tmp_path / "more.txt").write_text(text)
        told.append(pins(tmp_path))
    assert told[0] == told[2] != told[1]
    assert told[0][0] == line


def test_without_a_base_it_is_where_the_branch_left_the_default_one(repository: Repository) -> None:
    repository.site("paris", site(1))
    repository.commit("left")
    repository.git("checkout", "--quiet", "-b", "work")
    repository.edit("stacks/Pulumi.paris.yaml", lambda data: data["dns"].update(resolvers=["192.168.1.7", "fd00:1::7"]))
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.site("rome", site(2))
    repository.commit()
    repository.git("checkout", "--quiet", "work")

    document = json.loads(repository.diff("--format", "json", base=None).out)

    # What main has since is no change of this branch.
    assert {one["site"] for one in document["sites"] if one["status"] != "unchanged"} == {"paris"}
    assert document["base"] == {"ref": "merge base with main", "commit": repository.git("rev-parse", "left").strip()}
    assert document["notes"] == []

    # A remote's own word comes first.
    repository.git("branch", "trunk", "work")
    repository.git("remote", "add", "upstream", str(repository.root))
    repository.git("fetch", "--quiet", "upstream")
    repository.git("symbolic-ref", "refs/remotes/upstream/HEAD", "refs/remotes/upstream/trunk")
    told = json.loads(repository.diff("--format", "json", base=None).out)
    assert (told["base"]["ref"], told["sites"]) == ("merge base with upstream/trunk", [])


def test_without_a_base_and_a_default_branch_it_asks_for_one(repository: Repository) -> None:
    repository.commit()
    repository.git("branch", "--move", "elsewhere")

    ran = repository.diff(base=None)

    assert (ran.code, "--base REF" in ran.err, "default one" in ran.err) == (2, True, True)
