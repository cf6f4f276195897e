"""Hostile model folders, made here and labelled by what the rules say of them, and the runner that holds the tool to it.

``corpus`` says what a case is, ``place`` makes the folder that each begins with, the modules of ``families`` hold the
cases; all of that is the standard library only, and a folder comes out the same every time. ``nursery`` runs the tool
on a case in a process of its own while ``watching`` listens there; ``runner`` judges; ``mutants`` are the deliberate
weakenings that the corpus must notice. Payloads touch a marker file and nothing else.
"""
