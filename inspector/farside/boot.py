"""What the far side runs first: any Python can read it, and one that is too old says so."""

from __future__ import annotations

from inspector.farside import MARK, OLDEST

STUB = "import sys;i=getattr(sys.stdin,'buffer',sys.stdin);exec(i.read(int(i.readline())))"
"""Given to ``python -c`` in double quotes: nothing in it means anything to a shell, be it sh, csh, fish or cmd."""

BOOT = f"""
import json, sys
def say(told):
    sys.stdout.write("\\n" + {MARK!r} + json.dumps(told) + "\\n")
    sys.stdout.flush()
def main():
    import io, os, shutil, signal, tempfile, zipfile
    head = json.loads(i.readline())
    packed = i.read(head["size"])
    if len(packed) < head["size"]:
        return
    def end(number, frame):
        for other in ("SIGTERM", "SIGHUP", "SIGINT"):
            signal.signal(getattr(signal, other), signal.SIG_IGN)
        raise SystemExit(3)
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    home = None
    try:
        if head["folder"]:
            os.chdir(os.path.expanduser(head["folder"]))
        home = tempfile.mkdtemp(prefix="inspect-pipe-")
        with zipfile.ZipFile(io.BytesIO(packed)) as parcel:
            parcel.extractall(home)
        os.mkdir(os.path.join(home, "tmp"))
        os.environ["INSPECT_PIPE_CACHE"] = os.path.join(home, "cache")
        os.environ["TMPDIR"] = tempfile.tempdir = os.path.join(home, "tmp")
        sys.dont_write_bytecode = True
        sys.path[:] = [home] + [p for p in sys.path if p]
        from inspector.farside.serving import serve
        serve(i, os.getcwd())
    except SystemExit:
        pass
    except OSError as error:
        say({{"error": {{"message": "%s: %s" % (error.filename or "its temporary files", error.strerror or error),
                         "hint": "TMPDIR and --folder name other folders there"}}}})
    finally:
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        if sys.exc_info()[0] is None:
            os._exit(0)  # a thread that still waits for a line would hold the process
if sys.version_info < {OLDEST!r}:
    say({{"too old": "%d.%d.%d" % tuple(sys.version_info[:3]), "executable": sys.executable}})
else:
    main()
"""
