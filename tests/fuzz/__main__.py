"""``python -m tests.fuzz --minutes 10``: fuzz so long, and print the figures; 1 when something was judged wrongly."""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz import long


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 40))
    asked = parser.parse_args()
    share = asked.minutes * 60 / 3
    print(f"headers from seed {asked.seed} on", flush=True)
    broken = False
    for figure in (long.of_headers(share, asked.seed), long.of_folders(share), long.of_own(share)):
        print(f"{figure.held:,} of {figure.tried:,}: {figure.what} ({figure.note})", flush=True)
        for line in figure.broken[:10]:
            print(f"  {line}")
        broken = broken or bool(figure.broken)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
