"""``debug`` without a session: launch.json as text, pairs of folders, the rules, mounted trees, the command itself."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import json5
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.debugging import dap, jsonc
from inspector.debugging.breaks import Break
from inspector.debugging.entry import attach, only, rules, substituted
from inspector.debugging.mapping import Mapping, crossed, mappings, ordered, to_local, to_remote
from inspector.debugging.mounted import mounted
from inspector.debugging.sides import Side, here, there
from inspector.model import InspectError
from tests import forked
from tests.debugged import SITE, environment, library

ENTRY: dict[str, Any] = {
    "name": "Diffusers on nas",
    "type": "debugpy",
    "request": "attach",
    "connect": {"host": "nas", "port": 5678},
    "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": "/srv/ä"}],
    "justMyCode": False,
}
COMMENTED = """\
{
  // Use IntelliSense to learn about possible attributes.
  "version": "0.2.0", /* of the format */
  "configurations": [
    {
      "name": "Python: Current File", // the usual
      "type": "debugpy",
      "request": "launch", "program": "${file}",
    },
    {"name": "Diffusers on nas", "type": "debugpy",
     // mine
     "env": {"A": "1",},
     "justMyCode": true, // too bad
     "connect": {"port": 1, "host": "nas"}},   // the NAS
    /* {"name": "old"}, */
  ],
  "compounds": [],
}
"""

blanks = st.sampled_from(["", " ", "\n  ", "\t", ' // a, ] } " comment\n', " /* , } ] */ ", "\n\n"])
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["", "a//b", "/* no */", 'q"q', "ü", "}]", "\\"]),
)
values = st.recursive(
    plain,
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(st.sampled_from("abc"), v, max_size=3)),
    max_leaves=8,
)


@st.composite
def shown(draw: st.DrawFn, value: Any) -> str:
    """A value as somebody might have typed it."""
    if isinstance(value, dict | list) and value:
        ends = "{}" if isinstance(value, dict) else "[]"
        rows = []
        for part in value.items() if isinstance(value, dict) else value:
            name = f"{json.dumps(part[0])}{draw(blanks)}:{draw(blanks)}" if isinstance(value, dict) else ""
            rows.append(draw(blanks) + name + draw(shown(part[1] if isinstance(value, dict) else part)) + draw(blanks))
        tail = "," + draw(blanks) if draw(st.booleans()) else ""
        return f"{ends[0]}{','.join(rows)}{tail}{ends[1]}"
    if isinstance(value, dict | list):
        return json.dumps(value)[0] + draw(blanks) + json.dumps(value)[1]
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A launch.json, and what it says."""
    configurations = draw(
        st.lists(st.dictionaries(st.sampled_from(["name", "x", "env"]), values, max_size=3), max_size=3)
    )
    if draw(st.booleans()):
        own = {k: v for k, v in ENTRY.items() if k == "name" or draw(st.booleans())}
        own |= draw(st.dictionaries(st.sampled_from(["env", "justMyCode", "connect"]), values, max_size=2))
        configurations.insert(draw(st.integers(0, len(configurations))), own)
    said: dict[str, Any] = {"version": "0.2.0"} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        said["configurations"] = configurations
    said |= draw(st.dictionaries(st.sampled_from(["inputs", "compounds"]), values, max_size=1))
    text = draw(blanks) + draw(shown(said)) + draw(blanks)
    return (text.replace("\n", "\r\n") if draw(st.booleans()) else text), said


@settings(deadline=None, max_examples=60)
@given(files())
def test_only_our_own_entry_changes(case: tuple[str, dict[str, Any]]) -> None:
    text, said = case
    assert jsonc.parsed(text).value == json5.loads(text) == said
    new = jsonc.put(text, ENTRY)
    assert jsonc.put(new, ENTRY) == new  # a second run changes nothing
    now = json5.loads(new)
    before = said.get("configurations", [])
    place = next((i for i, c in enumerate(before) if c.get("name") == ENTRY["name"]), len(before))
    old = before[place] if place < len(before) else {}
    assert now.pop("configurations") == [*before[:place], {**old, **ENTRY}, *before[place + 1 :]]
    assert now == {k: v for k, v in said.items() if k != "configurations"}
    # byte for byte: what stands before and after our own entry, and, where it is new, all there was
    node = jsonc.parsed(text).get("configurations")
    if place < len(before):
        assert node is not None
        kept = text[: node.items[place].start], text[node.items[place].end :]
        assert new.startswith(kept[0]) and new.endswith(kept[1])
    else:
        added = iter(new)
        assert all(c in added for c in text)  # all of it is there, in its order: it was only added to
    assert ("\r\n" in new) == ("\r\n" in text) or "\n" not in text


def test_the_users_own_words_stay() -> None:
    new = jsonc.put(COMMENTED, ENTRY)
    for words in (
        "// Use IntelliSense",
        "/* of the format */",
        "// the usual",
        "// mine",
        '"env": {"A": "1",}',
        "// the NAS",
        "old",
    ):
        assert words in new
    assert '"justMyCode": false, // too bad' in new and '{ "host": "nas", "port": 5678 }' in new
    assert json5.loads(new)["configurations"][1]["pathMappings"] == ENTRY["pathMappings"]
    assert jsonc.put("", ENTRY) == jsonc.put(jsonc.put("", ENTRY), ENTRY)
    assert jsonc.put("// only this\n", ENTRY).startswith("// only this\n{")
    assert jsonc.put("\ufeff{}", ENTRY).startswith("\ufeff{")
    assert '\n\t\t{\n\t\t\t"name": "Diffusers' in jsonc.put('{\n\t"configurations": []\n}', ENTRY)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{\n  "configurations": [\n    {"name": "x"\n  ]\n}', 4, "expected"),
        ('{"a": 1} x', 1, "after the end"),
        ("{'a': 1}", 1, "a name"),
        ('{\n"a": tru}', 2, "unexpected"),
        ('{"a": /* no end', 1, "comment"),
        ('{"a": "\\q"}', 1, "escape"),
        ("[" * 500, 1, "deep"),
        ('{\n\n"configurations": {}}', 3, "no list"),
        ("[]", 1, "an object"),
        ('{"a": 01}', 1, "unexpected"),
    ],
)
def test_a_broken_file_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(jsonc.BrokenError, match=said) as caught:
        jsonc.put(text, ENTRY)
    assert caught.value.line == line


def test_the_narrowest_pair_comes_first() -> None:
    posix = (False, False)
    pairs = [("/w", "/srv"), ("/w/.venv/sp", "/opt/sp"), ("/a/sp/diffusers", "/srv/diffusers"), ("/a/sp", "/b/sp")]
    found = ordered([Mapping(a, b, "x") for a, b in pairs], posix)
    order = [(m.local, m.remote) for m in found]
    assert crossed(order, posix) == []
    for here_, there_ in pairs:
        assert to_remote(f"{here_}/m/f.py", order, posix) == f"{there_}/m/f.py"
        assert to_local(f"{there_}/m/f.py", order, posix) == f"{here_}/m/f.py"
    assert to_remote("/elsewhere/f.py", order, posix) is None and to_remote("/wx/f.py", order, posix) is None
    assert crossed(pairs, posix) == [("/w/.venv/sp", "/opt/sp"), ("/a/sp/diffusers", "/srv/diffusers")]
    # two that lie in each other the wrong way round: no order helps, and that is said
    knot = ordered([Mapping("/w/x", "/r", ""), Mapping("/w", "/r/y", "")], posix)
    assert crossed([(m.local, m.remote) for m in knot], posix)
    # drives and separators of Windows, of any case
    assert (
        to_remote("c:\\Users\\Me\\sp\\a\\f.py", [("C:\\users\\me\\sp", "/srv/sp")], (True, False)) == "/srv/sp/a/f.py"
    )
    assert to_local("/srv/sp/a/f.py", [("C:\\me\\sp", "/srv/sp")], (True, False)) == "C:\\me\\sp\\a\\f.py"


def test_sides_of_other_shapes(tmp_path: Path) -> None:
    """An editable checkout there, a link here, several site-packages: each file finds its own."""
    near, far = environment(tmp_path / "real"), environment(tmp_path / "far", debugpy=False)
    (tmp_path / "near").symlink_to(near)
    checkout = library(tmp_path / "checkout" / "src")
    (far / SITE / "diffusers").rename(tmp_path / "gone")
    (far / SITE / "__editable__.pth").write_text(f"{checkout.parent}\n")
    extra = tmp_path / "user" / "site-packages"
    library(extra / "x").parent.rename(extra / "peft")
    (extra / "peft" / "__init__.py").write_text("")
    (near / SITE / "peft").mkdir()
    (near / SITE / "peft" / "__init__.py").write_text("")
    (far / SITE / "user.pth").write_text(f"{extra}\n")
    local, remote = here(str(tmp_path), str(tmp_path / "near")), there(str(far))
    found = mappings(local, remote, (str(tmp_path / "near"), str(far)), [("/data", "/mnt/data")])
    order, posix = [(m.local, m.remote) for m in found], (False, False)
    linked, real = tmp_path / "near" / SITE, near / SITE
    assert to_local(f"{checkout}/configuration_utils.py", order, posix) == f"{linked}/diffusers/configuration_utils.py"
    for spelled in (linked, real):  # whichever name the editor has the file open by
        assert to_remote(f"{spelled}/diffusers/x.py", order, posix) == f"{checkout}/x.py"
    assert to_local(f"{extra}/peft/__init__.py", order, posix) == f"{linked}/peft/__init__.py"
    assert to_remote("/data/run.py", order, posix) == "/mnt/data/run.py"
    assert crossed(order, posix) == []
    # the rule for a checkout names its folder; the far interpreter's own library is passed over
    given_ = rules(remote, ["diffusers"])
    assert given_[0] == {"path": f"{checkout}/**", "include": True}
    entry = attach("x", "nas", 1, found, local, remote, str(tmp_path))
    roots = [m["localRoot"] for m in entry["pathMappings"]]
    assert "${workspaceFolder}/near" in roots and not any(str(tmp_path) in r for r in roots)
    sent = substituted(entry, str(tmp_path), False)
    assert [(m["localRoot"], m["remoteRoot"]) for m in sent["pathMappings"]] == order


def test_rules_have_globs_only() -> None:
    """A folder without a wildcard goes before every glob in debugpy, and stdlib holds site-packages in conda."""
    given_ = only(
        ["/c/lib/python3.12/site-packages/diffusers"], ["/c/lib/python3.12/site-packages"], ["/c/lib/python3.12"], False
    )
    assert [(r["path"], r["include"]) for r in given_] == [
        ("**/site-packages/diffusers/**", True), ("**/site-packages/**", False), ("/c/lib/python3.12/**", False),
    ]  # fmt: skip


def test_a_mounted_tree(tmp_path: Path) -> None:
    tree = tmp_path / "mnt"
    venv = environment(tree / "app" / ".venv")
    (tree / "app" / "run.py").write_text("")
    with pytest.raises(InspectError, match="not told") as caught:
        mounted(tree / "app", "")
    assert "--as" in caught.value.hint
    (venv / "bin" / "pip").write_text("#!/srv/nas/app/.venv/bin/python3.11\n")  # as pip writes it there
    for prefix in ("", "/srv/nas/app"):
        remote = mounted(tree / "app", prefix)
        local = here(str(tmp_path))
        found = mappings(local, remote, (str(tree / "app"), "/srv/nas/app"))
        order = [(m.local, m.remote) for m in found]
        path = to_local(f"/srv/nas/app/.venv/{SITE}/diffusers/x.py", order, (False, False))
        assert path == f"{tree}/app/.venv/{SITE}/diffusers/x.py"
        assert to_local("/srv/nas/app/run.py", order, (False, False)) == f"{tree}/app/run.py"
        assert all(m.same == m.compared for m in found)
    # the far side asked itself, and its tree mounted here: the mount is taken over the copy that is installed here
    asked = there(str(venv))
    found = mappings(here(str(tmp_path), str(environment(tmp_path / "own"))), asked, None, [(str(tree), "/srv/nas")])
    assert any(m.local == f"{tmp_path}/own/{SITE}" for m in found)  # it is not seen under that name
    facts = json.loads(json.dumps(asked.facts).replace(str(tree), "/srv/nas"))
    found = mappings(here(str(tmp_path), str(tmp_path / "own")), Side("nas", facts), None, [(str(tree), "/srv/nas")])
    whole = next(m for m in found if "diffusers" in m.packages)
    assert (whole.local, whole.remote) == (f"{venv}/{SITE}", f"/srv/nas/app/.venv/{SITE}")
    assert whole.compared == whole.same > 2 and not whole.only_local and not whole.only_remote
    environment(tree / "app" / "other")
    with pytest.raises(InspectError, match="2 environments") as caught:
        mounted(tree / "app", "")
    assert caught.value.exit_code == 2
    with pytest.raises(InspectError, match="no site-packages"):
        mounted(tmp_path / "mnt" / "app" / "other" / "bin", "/x")


def test_the_command(tmp_path: Path) -> None:
    """Two sides from files of facts, written, judged, and never into what it should not touch."""
    near, far = environment(tmp_path / "near", version="0.2"), environment(tmp_path / "far")
    work = tmp_path / "work"
    (work / ".vscode").mkdir(parents=True)
    file = work / ".vscode" / "launch.json"
    file.write_text(COMMENTED)
    (near / SITE / "diffusers" / "configuration_utils.py").write_text("x = 1\n")
    for side in (near, far):
        told = forked.run("env", "--python", side, "-f", "json", "-o", f"{side}.json", "--exit-zero", cwd=work)
        assert told.returncode == 0, told.stderr
    command = ["debug", f"{far}.json", "--local", f"{near}.json", "--name", "Diffusers on nas", "--write"]
    done = forked.run(*command, "-f", "json", cwd=work)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    data = report["data"]
    assert {f["code"] for f in report["findings"] if f["severity"] == "error"} == {"IPE520"}
    assert data["bound"] is None and data["launch_json"]["state"] == "written"
    whole = next(m for m in data["mappings"] if "diffusers" in m["packages"])
    assert whole.keys() >= {"local", "remote", "files", "same", "different"}
    assert "diffusers/configuration_utils.py" in whole["different"]
    text = file.read_text()
    assert "// mine" in text and json5.loads(text)["configurations"][1]["pathMappings"]
    assert data["facts"].keys() == {"local", "remote"}
    # again: nothing to write, the file is not touched
    before = file.stat().st_mtime_ns
    done = forked.run(*command, cwd=work)
    assert file.stat().st_mtime_ns == before and "as it should be" in done.stdout
    file.unlink()
    file.mkdir()
    done = forked.run(*command, cwd=work)
    assert done.returncode == 5 and "it is a folder" in done.stderr and "still there" in done.stderr, done.stderr
    file.rmdir()
    file.write_text('{\n  "configurations": [\n}')
    done = forked.run("debug", "--write", cwd=work)
    assert done.returncode == 3 and "launch.json:3" in done.stderr and file.read_text() == '{\n  "configurations": [\n}'
    file.unlink()
    (work / "model_index.json").write_text("{}")
    done = forked.run("debug", "--write", cwd=work)
    assert done.returncode == 5 and "model's folder" in done.stderr and not file.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no/such/place"], 2, "no side to debug on"),
        (["-f", "json", "--attach", "nowhere", "--verify"], 2, "HOST:PORT"),
        (["--map", "x"], 2, "LOCAL=REMOTE"),
        (["--config", "x"], 2, "no configuration 'x'"),
        (["break", "no_such_setting"], 2, "no code of diffusers"),
        (["break", "beta_end", "--class", "EulerDiscreteSchedular"], 2, "did you mean"),
        (["break", "a b"], 2, "no name of a setting"),
    ],
)
def test_refusals(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = forked.run("debug", *arguments, cwd=tmp_path)
    assert done.returncode == code and said in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "closed"),
        (b"Content-Length: 99999999999\r\n\r\n", "closed"),
        (b"Content-Length: 7\r\n\r\n[1, 2]\n", "closed"),
        (b'Content-Length: 400\r\n\r\n{"type": "event"', "closed"),
        (b"", "no answer within"),
    ],
)
def test_whoever_listens_there(answer: bytes, said: str) -> None:
    """What is no debugger, or does not answer, costs its time and no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = dap.Client.connect("127.0.0.1", server.getsockname()[1], 5)
        line, _ = server.accept()
        line.sendall(answer)
        if answer:
            line.shutdown(socket.SHUT_WR)
        begin = time.monotonic()
        with pytest.raises(dap.SilentError, match=said):
            client.request("initialize", 0.3)
        assert time.monotonic() - begin < 2
        client.close()
        line.close()


def test_where_to_stop(tmp_path: Path) -> None:
    done = forked.run("debug", "break", "use_karras_sigmas", "--class", "EulerDiscreteScheduler", "-f", "json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    for one in data["breakpoints"]:
        line = Path(one["file"]).read_text(encoding="utf-8").splitlines()[one["line"] - 1]
        assert line.strip() == one["source"]
        # what is told as a line that reads or writes it, does; of the machinery the condition says so
        assert one["condition"] or re.search(r"\buse_karras_sigmas\b", one["source"]), one
    kinds = {(b["what"], b["function"]) for b in data["breakpoints"]}
    assert kinds >= {
        ("read", "set_timesteps"), ("dropped", "ConfigMixin.extract_init_dict"), ("written", "__init__"),
        ("written", "FrozenDict.__setattr__"), ("written", "ConfigMixin.register_to_config"),
    }  # fmt: skip
    conditions = {b["condition"] for b in data["breakpoints"]}
    assert {"'use_karras_sigmas' in config_dict", "name == 'use_karras_sigmas'"} <= conditions
    assert sum(len(s["breakpoints"]) for s in data["setBreakpoints"]) == len(set(data["pdb"]))
    assert json5.loads("\n".join(data["configuration_text"])) == data["configuration"]
    human = forked.run("debug", "break", "use_karras_sigmas", "--class", "EulerDiscreteScheduler")
    assert re.search(r"scheduling_euler_discrete\.py:\d+\n", human.stdout) and "in config_dict" in human.stdout


def test_pdb_takes_what_is_printed(tmp_path: Path) -> None:
    """A breakpoint as pdb is given it, with its condition, on the small library."""
    package = library(tmp_path)
    one = Break("dropped", str(package / "configuration_utils.py"), 15, "f", "'beta' in config_dict")
    script = tmp_path / "script.py"
    script.write_text(
        "from diffusers.configuration_utils import ConfigMixin as C\nC.from_config({})\nC.from_config({'beta': 1})\n"
    )
    command = [sys.executable, "-m", "pdb", "-c", one.pdb, "-c", "c", "-c", "p config_dict", "-c", "q", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert "Breakpoint 1 at" in done.stdout and "{'beta': 1}" in done.stdout  # and not at the call before
