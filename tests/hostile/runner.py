"""One case, made and run and judged: everything its label says and everything that holds for all, in one list."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.corpus import Case, Label
from tests.hostile.nursery import FORMS, Done, Nursery
from tests.hostile.opens import Opens
from tests.hostile.place import CANARY, Place, begin

SECONDS = {"static": 5.0, "worker": 20.0}
"""No case may take longer, on a machine that has other things to do too."""
RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""What no output may hold: control characters but the line feed, and what reorders or hides text."""
SECRET = re.compile(
    r"hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9]{20,}|ghp_[A-Za-z0-9]{20,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{35}|MIIEa|hunter2secret"
)
_REFUSED = re.compile(r"^inspect-pipe: error: (?:(IPI\d{3}): )?", re.MULTILINE)


@dataclass
class Verdict:
    """``wrong``: what of the label or of the promises was not met; nothing when all was. The rest are the figures."""

    case: Case
    mode: str
    wrong: list[str] = field(default_factory=list)
    status: int = 0
    codes: tuple[str, ...] = ()
    seconds: float = 0.0
    cpu: float = 0.0
    executions: int = 0
    imports: int = 0
    outside: int = 0
    hung: bool = False
    traceback: bool = False
    said: str = ""


def forms_of(case: Case) -> tuple[str, ...]:
    """All formats where the texts are what is hostile, and for every eighth of the others; else the shortest with codes."""
    whole = case.family in ("injection", "credentials") or zlib.crc32(case.id.encode()) % 8 == 0
    return FORMS if whole else ("jsonl",)


def judged(case: Case, mode: str, nursery: Nursery, folder: Path) -> Verdict:
    """Make the case's folder below ``folder``, run ``diff`` on it, and compare with the label.

    Args:
        mode: ``static`` or ``worker``.
        folder: where it is made; whatever is made is removed again.
    """
    place = begin(folder / "case", case.base)
    try:
        made = case.make(place)
        source = made if isinstance(made, str) else str(place.model)
        out = folder / "out"
        out.mkdir()
        reports = [f"--report={form}={out / form}" for form in forms_of(case)]
        arguments = ["diff", source, *(["--static"] if mode == "static" else []), *reports, *case.arguments]
        done, verdict = watched(case, mode, nursery, place, out, arguments)
        compare(verdict, case.label(mode), done, out)
        verdict.wrong += outputs(out, done, forms_of(case))
        return verdict
    finally:
        clean(folder / "case")
        clean(folder / "out")


def watched(
    case: Case, mode: str, nursery: Nursery, place: Place, out: Path, arguments: list[str], **more: Any
) -> tuple[Done, Verdict]:
    """Run one command, and judge what holds whatever it is asked for."""
    before = tree(place.model)
    opens = Opens(forbidden(place))
    cwd = str(place.model if case.inside else out)
    during = list(case.during) if case.during else None
    done = nursery.run(
        arguments, out, place.model, seconds=SECONDS[mode] + 5, cwd=cwd, during=during, static=mode == "static", **more
    )
    outside = opens.seen()
    verdict = Verdict(
        case, mode, status=done.status, seconds=done.seconds, cpu=done.cpu, said=done.err or done.out[-300:]
    )
    heard = [f"{kind}: {what}" for kind, what in done.heard]
    verdict.executions = (
        sum(h.startswith(("executes", "unpickles", "process", "network")) for h in heard) + place.marker.exists()
    )
    verdict.imports = sum(h.startswith("imports") for h in heard)
    verdict.outside = len(outside) + sum(h.startswith("reads") for h in heard)
    verdict.hung = done.seconds > SECONDS[mode]
    verdict.traceback = "Traceback (most recent call last)" in done.out + done.err or done.status == 4
    verdict.wrong += heard
    verdict.wrong += ["the payload ran: it left its mark"] if place.marker.exists() else []
    verdict.wrong += [f"opened {path}" for path in outside]
    verdict.wrong += [f"it took {done.seconds:.1f} s"] if verdict.hung else []
    verdict.wrong += [f"a traceback, or an internal error: {done.err[-600:]}"] if verdict.traceback else []
    if not case.during and (changed := before ^ tree(place.model)):
        verdict.wrong.append(f"the folder was changed: {sorted(changed)[:3]}")
    return done, verdict


def compare(verdict: Verdict, label: Label, done: Done, out: Path) -> None:
    """The exit status and the codes at warning and above: of the report, or of the refusal where there is none."""
    if (out / "jsonl").exists():
        lines = map(json.loads, (out / "jsonl").read_text().splitlines())
        found = {f["code"] for f in lines if f.get("severity", "note") != "note"}
    else:
        found = {m for m in _REFUSED.findall(done.err) if m}
    verdict.codes = tuple(sorted(found))
    if done.status not in ((0, 1, 3) if label.status < 0 else (label.status,)):
        verdict.wrong.append(f"exit status {done.status}, not {label.status}")
    if not (label.codes <= found if label.open else label.codes == found):
        verdict.wrong.append(f"codes {sorted(found)}, not {sorted(label.codes)}{' and more' if label.open else ''}")


def outputs(out: Path, done: Done, forms: Sequence[str] = ()) -> Iterator[str]:
    """What is wrong with what was written: raw characters, secrets, a report that its own readers do not take."""
    texts = {"stdout": done.out, "stderr": done.err}
    texts |= {
        form: (out / form).read_bytes().decode("utf-8", "surrogateescape") for form in FORMS if (out / form).exists()
    }
    if done.status in (0, 1) or "jsonl" in texts:
        yield from (f"no {form} report" for form in forms if form not in texts)
    for name, text in texts.items():
        if raw := RAW.search(text):
            yield f"{name} holds the raw character U+{ord(raw[0]):04X}"
        if CANARY in text:
            yield f"{name} holds what lies outside of the folder"
        if SECRET.search(text):
            yield f"{name} holds a credential"
        try:
            READERS.get(name, len)(text)
        except Exception as error:
            yield f"{name} cannot be read: {type(error).__name__}: {str(error)[:200]}"


def github(text: str) -> None:
    from tests.readers import github

    assert all(code for code in (t.code for t in github(text)))


def log(text: str) -> None:
    """A text that lands in the log of a CI job: no line of it may be taken for a command."""
    for line in text.splitlines():
        assert not re.match(r"\s*::", line) and "##[" not in line and "##vso[" not in line, f"a command: {line[:60]!r}"


def gitlab(text: str) -> None:
    from tests.readers import gitlab

    gitlab(text)


def xml(text: str) -> None:
    from xml.etree import ElementTree

    assert "<!DOCTYPE" not in text and "<!ENTITY" not in text
    ElementTree.fromstring(text.encode())


def html(text: str) -> None:
    """No element that a folder's text could have opened, no address but our own anchors."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            names = {n for n, _ in attributes}
            assert not {n for n in names if n.startswith("on")} and tag not in (
                "iframe",
                "object",
                "embed",
                "img",
                "link",
                "base",
            )
            for name, value in attributes:
                if name in ("href", "src", "action"):
                    assert (value or "").startswith(("#", "https://")), value

    assert text.count("<script") <= 1 and "Content-Security-Policy" in text
    Reader().feed(text)


def jsonl(text: str) -> None:
    for line in text.splitlines():
        json.loads(line, parse_constant=_no)


def strict(text: str) -> None:
    json.loads(text, parse_constant=_no)


def _no(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def markdown(text: str) -> None:
    """The markup of a folder's text is text: no raw HTML block, no image, no link that leads anywhere."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        for part in (token, *(token.children or ())):
            assert part.type != "image", part.content
            if part.type in ("html_block", "html_inline"):
                assert re.fullmatch(
                    r"\s*(</?(details|summary|br|sub|code|b)/?>|<!--.*?-->|[^<>])*\s*", part.content, re.DOTALL
                ), part.content[:200]
            if part.type == "link_open":
                assert str(part.attrs["href"]).startswith(("#", "https://")), part.attrs


READERS: dict[str, Any] = {
    "json": strict, "sarif": strict, "jsonl": jsonl, "gitlab": gitlab, "github": github, "junit": xml, "html": html,
    "markdown": markdown, "stdout": log, "stderr": log,
}  # fmt: skip


def forbidden(place: Place) -> list[Path]:
    """What nobody may open: everything outside, and in the folder whatever is no regular file."""
    found = [place.outside]
    for top in (place.outside, place.model):
        for folder, folders, names in os.walk(top):
            if top == place.outside:
                found += [Path(folder, n) for n in folders if not Path(folder, n).is_symlink()]
                found += [Path(folder, n) for n in names if stat.S_ISREG(os.lstat(Path(folder, n)).st_mode)]
            else:
                modes = ((Path(folder, n), os.lstat(Path(folder, n)).st_mode) for n in names)
                found += [p for p, mode in modes if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))]
    return found


def tree(root: Path) -> set[tuple[str, int, int]]:
    """Every name below with its size and time of change, to see whether anything was written."""
    found = set()
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            facts = os.lstat(os.path.join(folder, name))
            found.add((os.fsencode(os.path.join(folder, name)).hex(), facts.st_size, facts.st_mtime_ns))
    return found


def clean(folder: Path) -> None:
    """Remove it, whatever rights it was left with."""
    if folder.exists():
        for at, folders, _ in os.walk(folder):
            for name in folders:
                if not os.path.islink(os.path.join(at, name)):
                    os.chmod(os.path.join(at, name), 0o700)
        shutil.rmtree(folder, ignore_errors=False)
