"""The parts of a running stand-in, which every handler receives."""

from __future__ import annotations

from dataclasses import dataclass, field

from standin.costs import Costs
from standin.creations import Creations
from standin.exports import Exports
from standin.faults import Faults
from standin.throttle import Throttle
from standin.world import World


@dataclass
class Site:
    """`access_tokens=False` with an older `version` is a server from before 2.48."""

    world: World
    costs: Costs = field(default_factory=Costs)
    faults: Faults = field(default_factory=Faults)
    throttle: Throttle = field(default_factory=Throttle)
    prefix: str = ""
    version: str = "2.54.1"
    access_tokens: bool = True
    creations: Creations = field(default_factory=Creations)
    exports: Exports = field(default_factory=Exports)
