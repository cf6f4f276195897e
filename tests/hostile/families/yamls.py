"""YAML, which nobody here constructs: bombs, tags and merges lie still."""

from __future__ import annotations

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("yaml")

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(24)
)
TAGS = "!!python/object/apply:os.system ['touch marker']\n"
SELF = "a: &a\n  b: *a\n"
MERGE = "base: &base\n  prior: attacker/prior\nmodel:\n  <<: *base\n"
MANY = "x: &x {a: 1}\n" + "y: {<<: [" + ", ".join(["*x"] * 20_000) + "]}\n"
BOTH = {"a bomb": BOMB, "tags": TAGS, "a reference to itself": SELF, "many merges": MANY, "a tag of a module": "a: !!python/module:antigravity\n", "a tag of a name": "!!python/name:os.system\n",
        "a tag of an object": "!!python/object/new:subprocess.Popen {args: [touch, marker]}\n", "ten thousand brackets": "a: " + "[" * 10_000 + "\n", "an alias of nothing": "a: *gone\n", "tabs": "a:\n\t- b\n",
        "a date of the year 99999": "a: 99999-99-99\n", "a number of base sixty": "a: " + ":".join(["59"] * 5000) + "\n", "a document that never ends": "---\n" * 5000}  # fmt: skip


def readme(text: str) -> Make:
    return lambda place: place.put("README.md", f"---\n{text}---\n# A model\n") and None


for what, content in BOTH.items():
    case(f"a readme with {what}", "", 0, readme(content), sample=what in ("a bomb", "tags"))
    case(f"a config.yaml with {what}", "", 0, (lambda c: lambda p: p.put("config.yaml", c) and None)(content))
case("a readme with a merged prior", "IPI908", 1, readme(MERGE), sample=True)
case("a readme with a prior behind an anchor", "IPI908", 1, readme("prior: &p [attacker/prior]\n"))
case("a readme with a prior behind a tag", "IPI908", 1, readme("prior: !!python/name:os.system\n"))
case("a readme of line ends", "", 0, readme("\n" * 300_000))
case("a readme of dashes", "", 0, readme("- " * 100_000 + "\n"))
case("a readme whose header never ends", "", 0, lambda p: p.put("README.md", "---\n" + "a: b\n" * 200_000) and None)
case("a readme of spaces before a colon", "", 0, readme("prior" + " " * 200_000 + "\n"))
case("a readme that is no text", "", 0, lambda p: p.put("README.md", bytes(range(128, 256)) * 100) and None)


@case("YAML in the place of a config", "IPI902", 3)
def instead(place: Place) -> None:
    place.put("unet/config.json", TAGS)
