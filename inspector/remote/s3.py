"""Folders in the buckets of S3 and of what speaks like it: botocore asks, signs and understands; the lines are ours."""

from __future__ import annotations

import functools
import io
import re
import threading
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address
from inspector.remote.asking import Answer, Asking, Question
from inspector.remote.connection import Item, RemoteError, Trouble
from inspector.remote.http import Http
from inspector.remote.permits import Permits
from inspector.remote.probing import join
from inspector.remote.told import Facts, tag
from inspector.remote.wire import Origin

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.session import Session

_PAGE = 1000
"""Names that a server lists at once; more it does not."""
_MOST = 4 << 20
_TURNS = 4
"""Requests for one answer: a region that is wrong, the question for the right one, the answer from there."""
_LOGIN = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed")


def connect(address: Address, seconds: float) -> Bucket:
    """Open ``s3://BUCKET/PATH``. Nothing is asked of the bucket yet.

    The credentials are those of the AWS command line: the environment, the profiles of ``~/.aws`` (``s3://PROFILE@…``
    names one, ``s3://KEY:SECRET@…`` are a key and its secret), single sign-on, the role of the machine. Without any the
    bucket is asked as anybody. ``AWS_ENDPOINT_URL`` names a server that is not Amazon's.

    Raises:
        InspectError: a profile or file of the configuration is wrong (exit status 2).
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        return Bucket(address, seconds, Session(profile=None if address.password else address.user or None))
    except BotoCoreError as error:
        raise InspectError(f"{address.shown}: {error}", hint="see ~/.aws/config", exit_code=EXIT_USAGE) from error


class Bucket(Http):
    """A :class:`~inspector.remote.connection.Connection` to a bucket."""

    def __init__(self, address: Address, seconds: float, session: Session) -> None:
        from botocore.config import Config
        from botocore.credentials import Credentials

        given = Credentials(address.user, address.password) if address.password else None
        self.session, self.seconds = session, seconds
        session.register_component("data_loader", descriptions())
        # the machine's own role is asked for only where others are denied: off Amazon's machines that takes a second
        chain = session.get_component("credential_provider")
        self._role = next((p for p in chain.providers if p.METHOD == "iam-role"), None)
        chain.remove("iam-role")
        # as it was typed: the names of old buckets have capitals
        self.bucket = found[0] if (found := re.search(re.escape(address.host), address.text, re.I)) else address.host
        self.options = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            response_checksum_validation="when_required",
            user_agent_extra="inspect-pipe",
        )
        self._open(given or session.get_credentials())
        self.user = given.access_key if given else "these AWS credentials"
        self.query = ""
        self.asking = Asking(seconds, Permits(), authorities=session.get_config_variable("ca_bundle") or "")
        self.remarks, self.seen, self._learned, self._probed = [], {}, {}, {}
        self._last, self._turn = threading.local(), threading.Lock()

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        """The names directly in a folder, a thousand by one request."""
        prefix = path.strip("/") + "/" if path.strip("/") else ""
        items: dict[str, Item] = {}
        onward: dict[str, str] = {}
        while len(items) < most:
            room = min(_PAGE, most - len(items))
            answer, page = self._call("list_objects_v2", Prefix=prefix, Delimiter="/", MaxKeys=room, **onward)
            if answer.status == 403 and not items:  # files may be given to anybody who knows their names
                return self._probe(path, answer)[:most]
            if answer.status != 200:
                raise self.refusal(answer)
            if b"ListBucketResult" not in answer.body[:1000]:
                hint = "does AWS_ENDPOINT_URL name an S3 server, and its port?"
                raise RemoteError(f"{self.home} answers {answer.said}, and no list", "odd", hint=hint)
            for name, facts in contents(page, prefix):
                items[name] = Item(name, "folder") if facts is None else facts.item(name)
                if facts is not None:
                    self.seen[join(path, name)] = facts
            if not page.get("IsTruncated"):
                break
            onward = {"ContinuationToken": page["NextContinuationToken"]}
        items.pop("", None)  # a folder's own mark
        if not items and prefix:
            raise RemoteError("no object's name begins so", "absent")
        return list(items.values())

    def look(self, path: str) -> Item:
        """What one path is: an object, else a folder where the names of others begin so."""
        if not path.strip("/"):
            return Item("", "folder")
        try:
            return super().look(path)
        except RemoteError as error:
            if error.trouble not in ("absent", "denied"):
                raise
            _, page = self._call("list_objects_v2", Prefix=path.strip("/") + "/", MaxKeys=1)
            if not page.get("KeyCount"):
                raise
            return Item(path.rpartition("/")[2], "folder")

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        window: tuple[int, int] = (0, 0),
    ) -> Answer:
        """``GET`` or ``HEAD`` of an object; of the headers a ``Range`` is asked for."""
        wanted = {"Range": headers["Range"]} if headers and "Range" in headers else {}
        return self._call({"GET": "get_object", "HEAD": "head_object"}[method], Key=path.lstrip("/"), **wanted)[0]

    def refusal(self, answer: Answer) -> RemoteError:
        """What the server says in its XML, where it says something."""
        text = answer.body.decode("utf-8", "replace")
        code, message = (
            found[1] if (found := re.search(f"<{name}>([^<]{{1,200}})", text)) else "" for name in ("Code", "Message")
        )
        if answer.status not in (400, 403, 404) or not code:
            return super().refusal(answer)
        said = f"{self.home} refuses these AWS credentials: {code}: {message}"
        if code in _LOGIN:
            return RemoteError(said, "credentials", hint="aws sts get-caller-identity tells whose they are")
        troubles: dict[int, Trouble] = {403: "denied", 404: "absent"}
        unknown = self.anybody and answer.status == 403
        hint = "no AWS credentials were found: it was asked for as anybody" if unknown else ""
        return RemoteError(f"{code}: {message}", troubles.get(answer.status, "odd"), hint=hint)

    def _call(self, name: str, **given: Any) -> tuple[Answer, dict[str, Any]]:
        """One answer, and what botocore makes of it (nothing, of an error).

        Raises:
            RemoteError: none came.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        client, self._last.sent = self.client, 0
        try:
            found = getattr(client, name)(Bucket=self.bucket, **given)
        except ClientError:
            found = {}
        except BotoCoreError as error:
            raise RemoteError(f"AWS: {error!s:.200}", "credentials") from error
        answer: Answer = self._last.answer
        if answer.status in (401, 403) and self.anybody and self._take_role(client):
            return self._call(name, **given)
        return answer, found

    def _take_role(self, client: Any) -> bool:
        """Ask as the role of this machine, if it has one, which only Amazon knows; whether ``client`` did not."""
        with self._turn:
            role, self._role = self._role, None
            amazon = self.home.host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
            if role is not None and amazon and (credentials := role.load()):
                self._open(credentials)
            return self.client is not client

    def _open(self, credentials: Any) -> None:
        from botocore import UNSIGNED
        from botocore.config import Config

        self.anybody = credentials is None
        region = self.session.get_config_variable("region") or "us-east-1"  # the true one is told where it is another
        options = self.options.merge(Config(signature_version=UNSIGNED)) if self.anybody else self.options
        if credentials is not None:
            self.session._credentials = credentials
        self.client = self.session.create_client("s3", region_name=region, config=options)
        self.client.meta.events.register("before-send.s3", self._send)
        self.home = Origin.of(self.client.meta.endpoint_url)

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Over our lines: bounded in time and bytes, and cut when that is asked for."""
        from botocore.awsrequest import AWSResponse

        headers = {key: value.decode() if isinstance(value, bytes) else value for key, value in request.headers.items()}
        self._last.sent += 1
        if self._last.sent > _TURNS:  # botocore itself would go round for ever
            raise RemoteError(f"{self.home} sends us from region to region", "odd")
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("Range", ""))
        window = (int(found[1]), int(found[2]) + 1) if found else (0, _MOST)
        self._last.answer = answer = self.asking.ask(
            Question(request.method, request.url, headers, window=window), follow=False
        )
        return AWSResponse(answer.url, answer.status, dict(answer.headers.items()), Raw(answer.body))


@functools.cache
def descriptions() -> Any:
    """botocore's descriptions of services: megabytes of JSON, read once a process."""
    from botocore.loaders import create_loader

    return create_loader()


class Raw(io.BytesIO):
    """A body as botocore takes it."""

    def stream(self) -> list[bytes]:
        return [self.read()]


def contents(page: Mapping[str, Any], prefix: str) -> list[tuple[str, Facts | None]]:
    """The names of a page and what is said of each; None of a folder."""
    files = [(item["Key"][len(prefix) :], described(item)) for item in page.get("Contents", ())]
    return [*files, *((p["Prefix"][len(prefix) : -1], None) for p in page.get("CommonPrefixes", ()))]


def described(item: Mapping[str, Any]) -> Facts:
    when = item.get("LastModified")
    modified = format_datetime(when.astimezone(UTC), usegmt=True) if when else ""  # as the header says it
    return Facts(item.get("Size"), tag(item.get("ETag", "")), modified)
