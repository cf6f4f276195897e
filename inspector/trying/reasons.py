"""The answers in words: which places were written, who reads which, what ``from_config`` and saving do with them."""

from __future__ import annotations

from typing import Any

from inspector.model import Read, same
from inspector.observe.plain import plain
from inspector.observe.settings import defaults_of
from inspector.observe.state import live
from inspector.trying import running
from inspector.trying.grammar import Constant, FromConfig, Line
from inspector.trying.intents import Intent, Subject
from inspector.trying.session import Session, shown
from inspector.trying.verdict import PLACES, Evidence, reads_of

Answers = dict[str, Evidence]
Rows = dict[str, dict[str, Any]]


def written(key: str, own: Rows, subject: Subject, line: Line) -> str:
    """Which of the places the line reached."""
    config = live(subject.after).get("_internal_dict", {})
    if not own:
        return f"{key} had this value already" if isinstance(line.value, Constant) else "nothing changed"
    places = [p for p in ("live", "attr", "item") if p in own]
    if subject.kind == "transformers" and places == ["attr"]:
        return f"writes config.{key}"
    if places == ["attr"]:
        rest = f"still says {shown(dict.get(config, key))}" if key in dict.keys(config) else "does not exist"
        return f"writes the attribute config.{key} only; the item config[{key!r}] {rest}"
    if places == ["item"]:
        rest = f"still says {shown(live(config)[key])}" if key in live(config) else "does not exist"
        return f"writes the item config[{key!r}] only; the attribute config.{key} {rest}"
    if places == ["live"]:
        if key in dict.keys(config):
            return f"sets a plain attribute of the object; the config still says {shown(dict.get(config, key))}"
        return f"sets a plain attribute of the object; its config has no {key}"
    names = {"live": "the attribute", "attr": f"config.{key}", "item": f"config[{key!r}]"}
    *most, last = (names[p] for p in places)
    return f"writes {', '.join(most)} and {last}" if most else f"writes {last}"


def weights(line: Line, subject: Subject) -> str:
    """What became of the weights of a component that another was put in the place of."""
    one, other = live(subject.before).get(subject.part), live(subject.after).get(subject.part)
    if one is None or other is None:
        return f"{subject.part} is {'gone' if other is None else 'there'} now"
    if isinstance(line.value, FromConfig):
        return f"from_config makes a new {subject.part} with random weights; those of the old one are gone with it"
    return f"{subject.part} has other weights now"


def object_why(key: str, own: Rows, session: Session, subject: Subject, evidence: Evidence) -> str:
    """Why the object itself does or does not behave differently."""
    reads = reads_of(session, subject, key)
    late = [r for r in reads if r.place != "init"]
    there = sorted((r for r in late if r.place in {PLACES.get(p) for p in own}), key=lambda r: in_a_run(r, session))
    if evidence.verdict:
        return outcome(subject, evidence, there, session)
    if evidence.verdict is None:
        return evidence.why
    cls = type(subject.after).__name__
    if not own:
        return ""
    if subject.kind == "scheduler" and "live" in own and (method := written_in_run(subject, key)):
        return f"{method} writes {key} anew in every run"
    if there:
        return f"{at(there[0])} reads it, but {unseen(subject, evidence, session)}"
    if late and late[0].place == "live" and (hidden := property_of(key, subject)):
        return f"{at(late[0])} reads the live {key}; {hidden}"
    if late:
        words = {"live": "the plain attribute", "config.attr": f"config.{key}", "config.item": f"config[{key!r}]"}
        return f"{at(late[0])} reads {words[late[0].place]}, not this place"
    if subject.kind == "transformers":
        return f"its layers were built before; {unseen(subject, evidence, session)}"
    if key not in defaults_of(type(subject.after)) and not reads:
        return f"{cls} has no such setting, and none of its code reads it{takers(key, subject)}"
    return f"only {at(reads[0])} reads it, and that is over" if reads else "no code reads it"


def in_a_run(read: Read, session: Session) -> tuple[bool, bool]:
    """Sorts what every run calls before what is called on request, and the pipeline's own file before its mixins'."""
    own = type(session.object).__module__.rpartition(".")[2]
    return read.function not in ("__call__", "set_timesteps", "step", "forward"), read.file != f"{own}.py"


def unseen(subject: Subject, evidence: Evidence, session: Session) -> str:
    """What a setting that is read was measured not to change."""
    if subject.kind == "scheduler" and not evidence.steps:
        return "betas, timesteps, sigmas and steps come out the same"
    return f"{running.length(session.object, evidence.steps or 2)} the same" if not evidence.why else evidence.why


def outcome(subject: Subject, evidence: Evidence, there: list[Read], session: Session) -> str:
    """What comes out otherwise, and by whose reading."""
    by = f"{at(there[0])} reads it" if there else ""
    if evidence.how == "read":
        return f"{by or 'its code reads it'} ({evidence.why})" if evidence.why else by
    if evidence.raises:
        return f"now a run raises {evidence.raises}"
    what = evidence.numbers or f"other {listed(evidence.names)}"
    if subject.kind != "scheduler" or evidence.steps:
        inside = [n for n in evidence.names if "network" not in n]
        seed = f"{running.length(session.object, evidence.steps or 2)} other {listed(inside)}"
        what = seed if inside else "the network is given another input at the pipeline's own size"
    return f"{what}; {by}" if by else what


def listed(names: list[str]) -> str:
    """What came out otherwise; the shorter runs count only where the long one is the same."""
    short = [n for n in names if n.endswith(" steps")]
    found = [n.replace("_", " ") for n in names if n not in short]
    return ", ".join(found) or (f"results of a run of {' or '.join(short)}" if short else "results")


def takers(key: str, subject: Subject) -> str:
    """Which setting was meant, or who takes it."""
    import difflib

    near = difflib.get_close_matches(key, [k for k in defaults_of(type(subject.after)) if k != key], n=1, cutoff=0.8)
    if near:
        return f"; did you mean {near[0]}?"
    if subject.kind != "scheduler":
        return ""
    from inspector.classes import schedulers

    names = {p for info in schedulers() for p in info.parameters}
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.8) if key not in names else [key]
    if not close:
        return "; no scheduler of diffusers does"
    owners = [i.name for i in schedulers() if close[0] in i.parameters]
    mistyped = f"; did you mean {close[0]}?" if close[0] != key else ""
    first = next((o for o in ("DPMSolverMultistepScheduler", "EulerDiscreteScheduler") if o in owners), owners[0])
    return f"{mistyped}; {first} {'and others take' if len(owners) > 1 else 'takes'} {close[0]}"


def made_why(key: str, own: Rows, subject: Subject, evidence: Evidence, value: Any) -> str:
    """What ``from_config`` makes of it."""
    how = {"pipeline": "from_pipe", "transformers": "a model made of the config"}.get(subject.kind, "from_config")
    if evidence.raises:
        return f"{how} raises {evidence.raises}" if evidence.obj is None else f"a run of it raises {evidence.raises}"
    if evidence.verdict:
        return f"the new one has {key}={shown(value)}" if evidence.how == "value" else evidence.numbers
    if evidence.verdict is None or not own:
        return evidence.why if evidence.verdict is None else ""
    config = live(subject.after).get("_internal_dict", live(subject.after).get("config") or {})
    if "item" in own or subject.kind == "transformers":
        flagged = key in (dict.get(config, "_use_default_values") or ()) if isinstance(config, dict) else False
        if key not in defaults_of(type(subject.after)):
            return carried(key, evidence)
        return f"{how} drops it: {key} is listed in _use_default_values" if flagged else ""
    return f"{how} reads the item, {item_says(config, key)}"


def saved_why(key: str, own: Rows, subject: Subject, evidence: Evidence, value: Any, made: Evidence) -> str:
    """What saving and loading makes of it."""
    if evidence.raises:
        loaded = "saved and loaded it" if evidence.obj is None else "a run of it"
        return f"{loaded} raises {evidence.raises}"
    if evidence.verdict:
        if made.verdict is False:
            return "the file says so, and loading takes it as given"
        return f"the loaded one has {key}={shown(value)}" if evidence.how == "value" else evidence.numbers
    if evidence.verdict is None or not own:
        return ""
    config = live(subject.after).get("_internal_dict", live(subject.after).get("config") or {})
    if "item" in own or subject.kind == "transformers":
        return carried(key, evidence) if key not in defaults_of(type(subject.after)) else ""
    return f"save_pretrained writes the item, {item_says(config, key)}"


def carried(key: str, evidence: Evidence) -> str:
    """A key that the class does not take: whether the new object's config has it all the same."""
    there = key in dict.keys(live(evidence.obj).get("_internal_dict", {})) if evidence.obj is not None else False
    return "carried along in the config, and not read" if there else "dropped"


def item_says(config: Any, key: str) -> str:
    if isinstance(config, dict) and key in dict.keys(config):
        return f"still {shown(dict.get(config, key))}"
    return "and there is none"


def of_new(line: Line, subject: Subject, intents: list[Intent], lost: list[str], source: Any) -> list[str]:
    """What became of the settings that a new object was meant to carry."""
    value, obj = line.value, subject.after
    name = value.config.text if isinstance(value, FromConfig) else ""
    cls, accepted = type(obj).__name__, defaults_of(type(obj))
    config = source if isinstance(source, dict) else live(source).get("_internal_dict", {})
    flagged = (dict.get(config, "_use_default_values") or ()) if isinstance(config, dict) else ()
    keywords = value.keywords if isinstance(value, FromConfig) else {}
    found = []
    for key, wanted in intents:
        if key not in lost:
            continue
        if key not in accepted and key in keywords:
            found.append(f"{cls} takes no {key}, and from_config drops it without a word{takers(key, subject)}")
        elif key not in accepted:
            found.append(f"{cls} takes no {key}{takers(key, subject)}")
        elif not isinstance(value, FromConfig):
            found.append(f"{key}={shown(wanted)} is only in one place of it")
        elif key in flagged:
            if same(plain(dict.get(config, key)), plain(wanted)):
                found.append(f"{key} is listed in {name}'s _use_default_values, so from_config drops it")
            else:
                also = f"it would drop the item too, since {name}'s _use_default_values lists {key}"
                found.append(f"{only_attribute(key, wanted, name)}; {also}")
        elif same(plain(dict.get(config, key)), plain(wanted)):
            found.append(f"{cls} was given {key}={shown(wanted)} and did not keep it")
        else:
            found.append(only_attribute(key, wanted, name))
    reached = [k for k, _ in intents if k not in lost]
    if reached:
        found.append(f"{', '.join(reached)} reached __init__ and the config")
    if subject.before is None:
        found.append(f"there was no {subject.path} before")
    elif subject.replaced:
        found.append(f"{type(subject.before).__name__} became {cls}")
    return found


def only_attribute(key: str, wanted: Any, name: str) -> str:
    return f"{key}={shown(wanted)} is only an attribute of {name}, and from_config reads the items"


def written_in_run(subject: Subject, key: str) -> str:
    """The method of a run that writes an attribute anew."""
    from inspector.reads import writers

    cls: type = type(subject.after)
    names = {w.function for w in writers(cls).get(key, ()) if w.place == "live"}
    return next((n for n in ("set_timesteps", "step") if n in names), "")


def property_of(key: str, subject: Subject) -> str:
    """What a setting is that the object answers by a property: ``shift``, which gives ``_shift``."""
    import inspect

    from inspector.reads import writers

    cls: type = type(subject.after)
    if not isinstance(inspect.getattr_static(cls, key, None), property) or f"_{key}" not in live(subject.after):
        return ""
    setters = [w.function for w in writers(cls).get(f"_{key}", ()) if w.function.startswith("set_")]
    only = " and ".join(dict.fromkeys(["__init__", *(f"{name}(…)" for name in setters)]))
    return f"the property {key} gives _{key}, which only {only} set"


def at(read: Read) -> str:
    return f"{read.function} ({read.file}:{read.line})"
