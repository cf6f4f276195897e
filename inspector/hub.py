"""A Hub repository as a local folder: from the cache, else from the Hub its JSON files and safetensors headers.

The real client does the work. What is fetched is laid into a folder of our own, in which the header of
``model.safetensors`` is ``model.safetensors.header``: a file of the true size with the true header and a hole where the
tensors are, so that every check holds and no library takes it for weights.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.classes import cache_dir
from inspector.model import InspectError
from inspector.reading import Limits
from inspector.remote.hollow import FIRST, header_end, hollow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST = 1000
"""Files to fetch; the largest pipelines have a tenth of it."""
_COMMIT = re.compile(r"^[0-9a-f]{40,64}$")
_SECONDS = 30


def snapshot_folder(
    name: str, revision: str | None, *, online: bool = False, cached_only: bool = False, limits: Limits | None = None
) -> Path:
    """The local folder of a Hub repository.

    Args:
        name: ``org/name``.
        revision: a branch, tag or commit; the default branch when None.
        online: ask the Hub even where the cache has it.
        cached_only: never ask the Hub.
        limits: the caps on files and headers.

    Raises:
        InspectError: not cached, no such repository or revision, gated, or no network.
    """
    shown = f"{name}@{revision}" if revision else name
    if online:
        return fetched(name, revision, shown, limits or Limits())
    try:
        return cached(name, revision, shown)
    except NotCachedError:
        from huggingface_hub import constants

        if cached_only or constants.HF_HUB_OFFLINE:
            raise
    return fetched(name, revision, shown, limits or Limits())


class NotCachedError(InspectError):
    """A Hub id that the local cache does not have."""


def cached(name: str, revision: str | None, shown: str) -> Path:
    """What the Hub's own cache has of a repository, and what was once fetched of the same commit.

    Raises:
        InspectError: neither has it.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(name, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError as error:
        # A snapshot without all of its files is what diffusers leaves behind: it fetches only those it needs.
        partial = getattr(error, "snapshot_path", None)
        if partial is None:
            hint = "HF_HUB_OFFLINE is set: unset it to fetch its JSON files and headers; or is a local path meant?"
            raise NotCachedError(f"{shown} is no local path and not in the Hub cache", hint=hint, where=name) from error
        found = Path(partial)
    except HFValidationError as error:
        raise InspectError(f"{shown} is neither a path nor a Hub id: {said(error)}", where=name) from error
    ours = home_of(name, found.name)
    return ours if ours.is_dir() and not any(found.rglob("*.safetensors")) else found


def fetched(name: str, revision: str | None, shown: str, limits: Limits) -> Path:
    """Fetch the JSON files and headers of a repository into a folder of our own, whole or not at all.

    Raises:
        InspectError: no such repository or revision, gated, offline, or no answer.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        HTTPError,  # of whichever HTTP client this version is built on
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # Only a token that the environment names is sent, never one that happens to lie on the disk (SAFETY, rule 24). It
    # is said at each call: the client's own switch would stay behind in the process of whoever calls this.
    token: Any = os.environ.get("HF_TOKEN") or False
    try:
        info = HfApi().model_info(name, revision=revision, files_metadata=True, token=token, timeout=_SECONDS)
        sizes = wanted(name, info.siblings or ())
        # this client keeps the files and the name of the revision where from_pretrained would look for them too
        small = [n for n, size in sizes.items() if n.endswith(".json") and size <= limits.vocabulary]
        plain = Path(
            snapshot_download(name, revision=revision, allow_patterns=[exactly(n) for n in small], token=token)
        )
        if plain.name != info.sha or not _COMMIT.match(plain.name):
            raise InspectError(f"{shown} changed while it was fetched", hint="try again", where=name)
        home = home_of(name, plain.name)
        if home.is_dir():
            return home

        def fill(aside: Path) -> None:
            for file, size in sizes.items():
                target = aside / file
                target.parent.mkdir(parents=True, exist_ok=True)
                if file in small:
                    shutil.copyfile(plain / file, target)
                elif file.endswith(".json"):  # of its true size, so that reading it says which cap it is over
                    hollow(target, b"", size)
                else:
                    hollow(aside / f"{file}.header", header(name, file, plain.name, size, limits, token), size)

        return whole(home, fill)
    except GatedRepoError as error:
        hint = "accept its terms on the Hub, and set HF_TOKEN"
        raise InspectError(f"{shown} is gated", hint=hint, where=name) from error
    except RevisionNotFoundError as error:
        raise InspectError(
            f"{name} has no revision {revision}", hint="a branch, a tag or a commit", where=name
        ) from error
    except RepositoryNotFoundError as error:
        hint = "check the spelling; a private repository needs HF_TOKEN"
        raise InspectError(f"there is no {shown} on the Hub", hint=hint, where=name) from error
    except HFValidationError as error:
        raise InspectError(f"{shown} is no Hub id: {said(error)}", where=name) from error
    except OfflineModeIsEnabled as error:
        raise InspectError(
            f"{shown}: HF_HUB_OFFLINE is set", hint="unset it, or leave --online out", where=name
        ) from error
    except (HfHubHTTPError, HTTPError, OSError) as error:
        raise InspectError(
            f"{shown} could not be fetched: {said(error)}", hint="is there a network?", where=name
        ) from error


def wanted(name: str, siblings: Iterable[Any]) -> dict[str, int]:
    """The files of a repository that an inspection reads, with their sizes.

    Raises:
        InspectError: a name that leads elsewhere, or too many of them: a mirror is not trusted either.
    """
    sizes = {s.rfilename: s.size or 0 for s in siblings if s.rfilename.endswith((".json", ".safetensors"))}
    for file in sizes:
        if "\\" in file or "\0" in file or any(part in ("", ".", "..") for part in file.split("/")):
            raise InspectError(
                f"{name} lists {file!r}, which is no plain name; nothing was fetched", code="IPI906", where=name
            )
    if len(sizes) > _MOST:
        raise InspectError(
            f"{name} lists {len(sizes)} files, and {_MOST} are fetched at most", code="IPI904", where=name
        )
    return sizes


def header(name: str, file: str, commit: str, size: int, limits: Limits, token: Any) -> bytes:
    """The first bytes of a safetensors file: its header and a little more, or less where reading on is pointless."""
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(name, file, revision=commit)
    first = ranged(url, 0, min(size, FIRST), token)
    end = header_end(first, size, limits.header)
    if end > len(first):
        first += ranged(url, len(first), end, token)
    return first[:end] if end else first


def ranged(url: str, begin: int, end: int, token: Any) -> bytes:
    """Some bytes of a file on the Hub; no more than these are taken from a server that sends all of it."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

    headers = {**build_hf_headers(token=token), "Range": f"bytes={begin}-{end - 1}", "Accept-Encoding": "identity"}
    with get_session().stream("GET", url, headers=headers, timeout=_SECONDS) as response:
        hf_raise_for_status(response)
        skip = begin if response.status_code == 200 else 0
        found = b""
        for part in response.iter_bytes():
            found += part
            if len(found) >= skip + end - begin:
                break
    return found[skip : skip + end - begin]


def whole(home: Path, fill: Callable[[Path], None]) -> Path:
    """A folder that is there with all its files or not at all, whoever else makes it at the same time."""
    home.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=home.parent))
    try:
        fill(aside)
        try:
            os.replace(aside, home)
        except OSError:
            if not home.is_dir():  # then nobody else was first
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return home


def home_of(name: str, commit: str) -> Path:
    return cache_dir() / "hub" / name.replace("/", "--") / commit


def exactly(name: str) -> str:
    """A pattern that matches this name and no other."""
    return re.sub(r"([*?\[])", r"[\1]", name)


def said(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
