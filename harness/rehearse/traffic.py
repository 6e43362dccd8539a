"""The traffic a rehearsed stack gets: one stage of each shape, or what the command line says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import ScenarioError
from harness.inputs.stages import looks_like_stages, parse_stages
from harness.scenario.rates import Rate

# Constant, ramp, spike, idle, in model seconds: what functions, queues and topics get.
SHAPES = "1rps:20s,1-4rps:20s,10rps:4s,0:16s"
# What a scaled endpoint gets in virtual time, as multiples of what its instances at the minimum are meant
# for: enough that it must scale out, and idle for long enough that it must scale in.
SCALING_SHAPES = ((0.5, 0.5, "10m"), (0.5, 2.0, "10m"), (4.0, 4.0, "5m"), (0.0, 0.0, "30m"))


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the command line says of traffic: stages for all, and stages and bodies by logical id."""

    stages: str = SHAPES
    by_id: Mapping[str, str] = field(default_factory=dict, hash=False)
    payloads: Mapping[str, Path] = field(default_factory=dict, hash=False)

    def stages_of(self, logical_id: str) -> str:
        """Return the stages for *logical_id*."""
        return self.by_id.get(logical_id, self.stages)

    def check(self, known: Sequence[str]) -> None:
        """Raise ScenarioError for a logical id that is none of *known*, or a file that cannot be read."""
        for given, what in ((self.by_id, "--traffic"), (self.payloads, "--payload")):
            for name in given:
                if name not in known:
                    raise ScenarioError(
                        f"{what} names {name!r}, which gets no traffic from outside; there are "
                        f"{', '.join(known) or 'none'}"
                    )


def read_traffic(texts: Sequence[str], payloads: Sequence[str]) -> Traffic:
    """Return what `--traffic [ID=]STAGES` and `--payload ID=FILE` say; ScenarioError names the wrong one."""
    stages, by_id = SHAPES, {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            name, value = "", text
        rate_of(value)
        if name:
            by_id[name] = value
        else:
            stages = value
    return Traffic(stages, by_id, _files(payloads))


def _files(payloads: Sequence[str]) -> dict[str, Path]:
    found = {}
    for text in payloads:
        name, equals, value = text.partition("=")
        if not equals:
            raise ScenarioError(f"--payload {text}: say LOGICAL_ID=FILE")
        found[name] = Path(value)
        if not found[name].is_file():
            raise ScenarioError(f"--payload {text}: there is no file {value}")
    return found


def rate_of(stages: str) -> Rate:
    """Return the rate that *stages* say; ScenarioError where they are none."""
    if not looks_like_stages(stages):
        raise ScenarioError(f"--traffic {stages}: it is not of the form RATE:SPAN, such as 5rps:2m,0:1m")
    rate = parse_stages(stages).rate
    assert rate is not None  # stages always have one
    return rate


def scaling_stages(target: float, instances: int) -> str:
    """Return stages that make a target of *target* invocations per instance and minute scale out and in."""
    base = target * max(instances, 1)
    parts = []
    for low, high, span in SCALING_SHAPES:
        if low == high == 0.0:
            parts.append(f"0:{span}")
        elif low == high:
            parts.append(f"{low * base:.6g}rpm:{span}")
        else:
            parts.append(f"{low * base:.6g}-{high * base:.6g}rpm:{span}")
    return ",".join(parts)
