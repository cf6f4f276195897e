"""The facts that explain why two machines give different configs and sigmas, and what follows from them.

``facts`` is told by the Python in question itself (:mod:`inspector.environment.facts`); everything else judges that
plain data. Its shape::

    facts: 1                    version of the shape; names are only added
    python, platform, folder    the interpreter, the machine, the current folder in the shell's spelling and resolved
    sys_path                    [{entry, path, real, kind, exists, zip}]; kind: folder, script, pythonpath, stdlib,
                                site, user site or added (by a .pth file, say)
    packages                    import name -> {imported, version, metadata_version, copies, installed, git, stale,
                                files}; files: name below the folder that the package is in -> sha256 in hex
    torch, devices, variables   what torch was built for; the GPUs and their driver; environment variables, secrets ***
    places                      [{what, path, real, links, prefix, filesystem, device, network, free, total, …}]
    skipped                     [{where, reason}]
"""
