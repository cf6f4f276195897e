"""A Hub repository as a local folder: from the cache, or with ``--online`` its JSON files and safetensors headers.

The real client does the work. What is fetched is laid into a folder of our own whose safetensors files are sparse: true
size, true header, and a hole where the tensors are, so that everything after this reads a Hub id like a local folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from inspector.classes import cache_dir
from inspector.headers import length_of
from inspector.model import InspectError
from inspector.reading import Limits

_FIRST = 100_000
"""97% of headers fit into the first 100 kB (huggingface_hub, pull request 1855)."""


def snapshot_folder(name: str, revision: str | None, *, online: bool = False, limits: Limits | None = None) -> Path:
    """The local folder of a Hub repository.

    Args:
        name: ``org/name``.
        revision: a branch, tag or commit; the default branch when None.
        online: fetch what is not in the local cache.
        limits: the cap on a header.

    Raises:
        InspectError: not cached, no such repository or revision, gated, or no network.
    """
    shown = f"{name}@{revision}" if revision else name
    if not online:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(name, revision=revision, local_files_only=True))
        except LocalEntryNotFoundError as error:
            hint = "--online fetches its JSON files and headers; or is a local path meant?"
            raise InspectError(f"{shown} is no local path and not in the Hub cache", hint=hint, where=name) from error
        except HFValidationError as error:
            raise InspectError(f"{shown} is neither a path nor a Hub id: {first_line(error)}", where=name) from error
    return fetched(name, revision, shown, limits or Limits())


def fetched(name: str, revision: str | None, shown: str, limits: Limits) -> Path:
    """Fetch the JSON files and headers of a repository into a folder of our own, whole or not at all."""
    # A token is sent only when the environment names one: none that happens to lie on the disk (SAFETY, rule 24).
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    from huggingface_hub import HfApi, HfFileSystem, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        HTTPError,  # of whichever HTTP client this version is built on
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    token: Any = os.environ.get("HF_TOKEN") or False
    try:
        info = HfApi().model_info(name, revision=revision, files_metadata=True, token=token)
        home = cache_dir() / "hub" / name.replace("/", "--") / str(info.sha)
        if home.is_dir():
            return home
        plain = snapshot_download(name, revision=info.sha, allow_patterns=["*.json"], token=token)
        system = HfFileSystem(token=token)
        aside = Path(tempfile.mkdtemp(dir=existing(home.parent)))
        try:
            shutil.copytree(plain, aside, symlinks=False, dirs_exist_ok=True)
            for sibling in info.siblings or ():
                if sibling.rfilename.endswith(".safetensors") and sibling.size:
                    sparse(system, f"{name}@{info.sha}/{sibling.rfilename}", sibling.size, aside / sibling.rfilename, limits)
            os.replace(aside, home)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            if home.is_dir():  # another process was first
                return home
            raise
        return home
    except GatedRepoError as error:
        raise InspectError(f"{shown} is gated", hint="accept its terms on the Hub, and set HF_TOKEN", where=name) from error
    except RevisionNotFoundError as error:
        raise InspectError(f"{name} has no revision {revision}", hint="a branch, a tag or a commit", where=name) from error
    except RepositoryNotFoundError as error:
        hint = "check the spelling; a private repository needs HF_TOKEN"
        raise InspectError(f"there is no {shown} on the Hub", hint=hint, where=name) from error
    except HFValidationError as error:
        raise InspectError(f"{shown} is no Hub id: {first_line(error)}", where=name) from error
    except OfflineModeIsEnabled as error:
        raise InspectError(f"{shown}: HF_HUB_OFFLINE is set", hint="unset it, or leave --online away", where=name) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, HTTPError, OSError) as error:
        raise InspectError(f"{shown} could not be fetched: {first_line(error)}", hint="is there a network?", where=name) from error


def sparse(system: Any, address: str, size: int, to: Path, limits: Limits) -> None:
    """The true header at the beginning of a file of the true size whose tensors are a hole."""
    head = system.cat_file(address, start=0, end=min(size, _FIRST))
    length = length_of(head[:8], size, limits.header, address)
    if len(head) < length + 8:
        head += system.cat_file(address, start=len(head), end=length + 8)
    to.parent.mkdir(parents=True, exist_ok=True)
    with open(to, "wb") as file:
        file.write(head[: length + 8])
        file.truncate(size)


def existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
