"""Real servers on the loopback, one module each: ``with sshd(folder) as server: server.url("models/sd15")``.

A server serves ``folder``, keeps what it needs itself in a temporary folder of its own, runs as the current user (root
without the right to pass over permission bits), starts in less than 0.3 s and leaves no process behind. One whose
program is missing skips the test and says what to install. ``wire.Wire`` stands in front of any of them: it counts,
delays, hangs and cuts.
"""
