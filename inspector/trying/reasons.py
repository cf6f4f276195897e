"""The answers in words: which places were written, who reads which, what ``from_config`` and saving do with them."""

from __future__ import annotations

from typing import Any

from inspector.observe.settings import defaults_of
from inspector.observe.state import live
from inspector.trying.grammar import Constant, DeepCopy, FromConfig, Line, Path
from inspector.trying.session import Session, shown
from inspector.trying.verdict import PLACES, Evidence, Intent, Subject, arrived, reads_of

Answers = dict[str, Evidence]


def nothing(line: Line, session: Session) -> str:
    """Why a line that is about no object of the source changes nothing."""
    root = session.root
    if line.target is None:
        what = "makes an object and drops it" if isinstance(line.value, FromConfig | DeepCopy) else "only looks"
        return f"{what}: {root} is as it was"
    name = line.target.root
    if line.target.steps:
        return f"changes {name}, a copy of the config; {root} is as it was"
    if isinstance(line.value, DeepCopy):
        return f"{name} is a copy of {line.value.of.text}; {root} is as it was"
    if isinstance(line.value, Path):
        return f"{name} is another name for {line.value.text}; {root} is as it was"
    what = "a new object" if isinstance(line.value, FromConfig) else "a value"
    return f"{name} is {what}; {root} is as it was until it is put there"


def reason(
    line: Line, session: Session, subject: Subject, rows: list[dict[str, Any]], intents: list[Intent], answers: Answers
) -> str:
    """Everything that explains the answers, in the order of the answers."""
    if isinstance(line.value, FromConfig):
        return "; ".join(filter(None, of_new(line.value, session, subject, intents, answers)))
    key = line.target.key if line.target else ""
    own = {r["place"]: r for r in rows if r["where"] == f"{subject.path}.{key}"}
    found = [written(key, own, subject, line)]
    found.append(does(key, own, session, subject, answers["object"]))
    found.append(kept(key, own, subject, answers))
    return "; ".join(filter(None, found))


def written(key: str, own: dict[str, dict[str, Any]], subject: Subject, line: Line) -> str:
    """Which of the places the line reached."""
    config = live(subject.after).get("_internal_dict", {})
    if not own:
        return f"{key} had this value already" if isinstance(line.value, Constant) else "nothing changed"
    places = [p for p in ("live", "attr", "item") if p in own]
    if places == ["attr"]:
        rest = f"keeps {shown(dict.get(config, key))}" if key in dict.keys(config) else "does not exist"
        return f"writes the attribute config.{key}; the item config[{key!r}] {rest}"
    if places == ["item"]:
        rest = f"keeps {shown(live(config)[key])}" if key in live(config) else "does not exist"
        return f"writes the item config[{key!r}]; the attribute config.{key} {rest}"
    if places == ["live"]:
        if key in dict.keys(config):
            return f"sets a plain attribute of the object; the config keeps {shown(dict.get(config, key))}"
        return f"sets a plain attribute of the object; its config has no {key}"
    names = {"live": "the attribute", "attr": f"config.{key}", "item": f"config[{key!r}]"}
    return f"sets {', '.join(names[p] for p in places)}"


def does(key: str, own: dict[str, Any], session: Session, subject: Subject, evidence: Evidence) -> str:
    """What the object does with it."""
    reads = reads_of(session, subject, key)
    late = [r for r in reads if r.place != "init"]
    there = [r for r in late if r.place in {PLACES.get(p) for p in own}]
    if evidence.verdict:
        by = f", read by {at(there[0])}" if there else ""
        if evidence.behaves and subject.kind == "scheduler":
            what = evidence.why or ", ".join(evidence.other)
            return f"the object changes ({what}){by}"
        if evidence.behaves:
            return f"two steps with the same seed give other {', '.join(evidence.other)}{by}"
        return f"{at(there[0])} reads it" if there else evidence.why
    if evidence.verdict is None:
        return evidence.why
    cls = type(subject.after).__name__
    if subject.kind == "scheduler" and "live" in own and written_in_run(subject, key):
        return f"{written_in_run(subject, key)} writes {key} anew in every run"
    if there:
        return f"{at(there[0])} reads it, yet nothing that was measured is different"
    if late:
        return f"the code reads {late[0].place.replace('live', 'the attribute')} ({at(late[0])}), not this place"
    if key not in defaults_of(type(subject.after)):
        return f"{cls} has no such setting, and none of its code reads it"
    return f"only __init__ reads it ({at(reads[0])})" if reads else "no code reads it"


def kept(key: str, own: dict[str, Any], subject: Subject, answers: Answers) -> str:
    """What ``from_config`` and saving make of it."""
    made, saved = answers["from_config"], answers["saved"]
    how = "from_pipe" if subject.kind == "pipeline" else "from_config"
    found = []
    if made.verdict is False and saved.verdict is False and key not in defaults_of(type(subject.after)):
        return "" if subject.kind != "scheduler" else f"{how} and a saved copy drop or hide it"
    if made.verdict is False:
        flagged = key in (dict.get(live(subject.after).get("_internal_dict", {}), "_use_default_values") or ())
        if made.why:
            found.append(f"{how} {made.why}")
        elif "item" in own and flagged:
            found.append(f"{how} drops {key}, which is listed in _use_default_values")
        else:
            found.append(f"{how} takes the item")
    if saved.verdict is False:
        found.append(f"saved and loaded it {saved.why}" if saved.why else "what is saved is the item")
    if made.verdict and saved.verdict and not answers["object"].verdict:
        found.append(f"{how} and the saved file have the new value")
    elif saved.verdict and not made.verdict:
        found.append("saving writes the item, and loading then takes it as given")
    return ", ".join(found)


def of_new(value: FromConfig, session: Session, subject: Subject, intents: list[Intent], answers: Answers) -> list[str]:
    """What became of the settings that a ``from_config`` line was meant to carry."""
    accepted, obj = defaults_of(type(subject.after)), subject.after
    found = []
    for key, wanted in intents:
        if arrived(key, wanted, obj) and key in accepted:
            continue
        if key not in accepted:
            found.append(f"{value.cls} takes no {key}, and from_config drops it without a word")
            continue
        source = session.get(value.config)
        config = source if isinstance(source, dict) else live(source).get("_internal_dict", {})
        if key in (dict.get(config, "_use_default_values") or ()):
            found.append(f"{key} is listed in {value.config.text}'s _use_default_values, so from_config drops it")
        else:
            found.append(
                f"{key}={shown(wanted)} is only an attribute of {value.config.text}, and from_config reads the items"
            )
    arrived_ones = [k for k, v in intents if arrived(k, v, obj) and k in accepted]
    if arrived_ones:
        found.append(f"{', '.join(arrived_ones)} reached __init__ and the config")
    if subject.replaced:
        found.append(f"{type(subject.before).__name__} became {type(subject.after).__name__}")
    if answers["object"].verdict:
        found.append(answers["object"].why)
    return found


def written_in_run(subject: Subject, key: str) -> str:
    """The method of a run that writes an attribute anew."""
    from inspector.reads import writers

    cls: type = type(subject.after)
    names = {w.function for w in writers(cls).get(key, ()) if w.place == "live"}
    return next((n for n in ("set_timesteps", "step") if n in names), "")


def at(read: Any) -> str:
    return f"{read.function} {read.file}:{read.line}"
