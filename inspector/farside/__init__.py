"""A command for another machine over ssh: it looks at its own sources with its own libraries, this one judges.

Nothing is installed there. This package travels with the command, lies in a private temporary folder while it runs, and
is gone with it, however it ends. What must be there is Python 3.11 or newer with the packages under inspection; for the
facts of ``inspect-pipe env``, which take no package of ours, Python 3.8.

What is said, line by line: the near side sends the size of :data:`inspector.farside.boot.BOOT` and it, a line of JSON
with the size of the parcel, the parcel (a zip), and then a line of JSON for each request. The far side answers with
lines of ``MARK`` and JSON: ``hello`` once, ``alive`` every few seconds, ``progress`` and ``tell``, and for each request
one of ``snapshot``, ``told`` and ``error``. When its standard input ends, so does it.
"""

MARK = "inspect-pipe far: "
"""How a line of the far side begins; whatever else a login shell prints is passed over."""
OLDEST = (3, 11)
"""The Python that this package needs there."""
