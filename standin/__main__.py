"""`python -m standin`: the sample world in the foreground."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading

from standin.costs import Costs
from standin.samples import DEMO, sample_world
from standin.server import StandIn


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standin", description="A stand-in CVAT server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--prefix", default="", help="serve below a sub-path such as /cvat")
    parser.add_argument("--costs", action="store_true", help="be as slow as the measured server")
    parser.add_argument("--quiet", action="store_true", help="say nothing at all")
    return parser.parse_args()


def main() -> int:
    options = _options()
    logging.basicConfig(level=logging.ERROR if options.quiet else logging.INFO)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    costs = Costs.measured() if options.costs else Costs()
    world = sample_world()
    with StandIn(world, options.host, options.port, options.prefix, costs) as standin:
        if not options.quiet:
            sys.stdout.write(f"{standin.url}  user {DEMO[0]}, password {DEMO[1]}\n")
            sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
