"""`python -m standin`: the sample world in the foreground."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

from standin.costs import Costs
from standin.faults import Faults
from standin.samples import DEMO, sample_world
from standin.server import StandIn
from standin.state import StoredCredentials


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standin", description="A stand-in CVAT server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--prefix", default="", help="serve below a sub-path such as /cvat")
    parser.add_argument("--costs", action="store_true", help="be as slow as the measured server")
    parser.add_argument("--bandwidth", type=float, default=0, help="bytes per second in all")
    parser.add_argument("--fault-rate", type=float, default=0, help="share of data requests, 0-1")
    parser.add_argument("--state", type=Path, help="a file that keeps tokens over a restart")
    parser.add_argument("--quiet", action="store_true", help="say nothing at all")
    return parser.parse_args()


def _standin(options: argparse.Namespace) -> StandIn:
    costs = Costs.measured() if options.costs else Costs()
    costs.bandwidth = options.bandwidth
    faults = Faults(rate=options.fault_rate)
    address = (options.host, options.port, options.prefix)
    return StandIn(sample_world(), *address, costs=costs, faults=faults)


def main() -> int:
    options = _options()
    logging.basicConfig(level=logging.ERROR if options.quiet else logging.INFO)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    standin = _standin(options)
    credentials = (
        StoredCredentials(standin.world, options.state) if options.state else nullcontext()
    )
    with credentials, standin:
        if not options.quiet:
            sys.stdout.write(f"{standin.url}  user {DEMO[0]}, password {DEMO[1]}\n")
            sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
