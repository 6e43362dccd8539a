"""The fixtures `pipeline` and `virtual_clock`: rehearsals as tests ask for them."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ScenarioError
from harness.pytest_plugin.outcome import Rehearsed
from harness.pytest_plugin.stand import Sets, Stand, Wanted, pairs, plainly

if TYPE_CHECKING:
    from harness.scenario import Scenario


class Pipeline:
    """The fixture `pipeline`: call it with a scenario, or let it rehearse the one of the test's marker.

    `pipeline.check()`, `.summary`, `.records`, `.report` and what else `Rehearsed` has are of the marker's.
    """

    def __init__(self, stand: Stand, marked: Callable[[], Wanted]) -> None:
        self._stand = stand
        self._marked = marked
        self._done: Rehearsed | None = None

    @plainly
    def __call__(self, scenario: "Scenario | str | Path | None" = None, **how: Any) -> Rehearsed:
        """Rehearse *scenario*, with `variant`, `clock`, `seed`, `set`, `fault`, `threshold`, `iam` and
        `backend`.

        Without one, rehearse the marker's again, each time anew.
        """
        if scenario is None:
            if how:
                raise ScenarioError(f"pipeline({', '.join(how)}=...) names no scenario; put it first")
            return self._stand.rehearse(self._marked())
        return self._stand.rehearse(self._stand.wanted(scenario, **how))

    @property
    @plainly
    def scenario(self) -> "Scenario":
        """The marker's scenario, as its variant and with what `set` says."""
        return self._marked().scenario

    @property
    @plainly
    def outcome(self) -> Rehearsed:
        """What the marker's scenario came to; rehearsed once, when first asked for."""
        if self._done is None:
            self._done = self._stand.rehearse(self._marked())
        return self._done

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("_") or not (name == "summary" or hasattr(Rehearsed, name)):
            raise AttributeError(f"the fixture pipeline has no {name!r}")
        return getattr(self.outcome, name)

    def __getitem__(self, name: str) -> Any:
        __tracebackhide__ = True
        return self.outcome[name]


class VirtualClock:
    """The fixture `virtual_clock`: scenarios and policies in virtual time, an hour in milliseconds.

    Nothing is deployed and no file is written, unless a check fails or `report` is asked for.
    """

    def __init__(self, stand: Stand, marked: Callable[[], Wanted]) -> None:
        self._stand = stand
        self._marked = marked

    @plainly
    def play(
        self, scenario: "Scenario | str | Path | None" = None, *, ranges: bool = False, **how: Any
    ) -> Rehearsed:
        """Play *scenario*, or the marker's, with `variant`, `seed` and `set`; ScenarioError where that fails.

        With *ranges*, also within which moments each scaling activity may fall on AWS.
        """
        wanted = self._marked() if scenario is None else self._stand.wanted(scenario, **how, clock="virtual")
        return self._stand.rehearse(replace(wanted, clock="virtual"), ranges=ranges)

    @plainly
    def policy(
        self,
        policy: str | Path,
        traffic: str | Path,
        *,
        initial: int | None = None,
        target: str | None = None,
        seed: int | None = None,
        set: Sets = (),  # noqa: A002
        parameters: Mapping[str, str] | None = None,
        launch: str | None = None,
        service_time: str | None = None,
        concurrency: int | None = None,
        instance_type: str | None = None,
        ranges: bool = False,
    ) -> Rehearsed:
        """Play the scaling that a template or policy file declares against *traffic* ("5rps:10m", a file).

        The arguments are the options of `harness simulate`. Nothing judges the run by itself: look at
        `summary["scaling"]`, or hold it to thresholds with `check`.
        """
        from harness.inputs.policy_files import read_policy
        from harness.inputs.traffic import read_traffic
        from harness.whatif.from_policy import Asked as AskedOfPolicy
        from harness.whatif.from_policy import case_of, instance_of
        from harness.whatif.options import assumptions
        from harness.whatif.run_virtual import played

        assumed = assumptions(
            pairs(set),
            launch=launch,
            service_time=service_time,
            concurrency=concurrency,
            instance_type=instance_type,
        )
        place = self._place(policy)
        policies = read_policy(place, target=target, parameters=parameters)
        instance = instance_of(assumed.container, None, tuple(policies.policies), policies.instance_type)
        found = read_traffic(str(self._place(traffic)), instances=initial)
        seed = self._stand.asked.seed if seed is None else seed
        asked = AskedOfPolicy(initial=initial, seed=seed)
        case = case_of(policies, found, assumed, instance, asked, name=f"simulate-{place.stem}")
        shown = {
            "instance": {policies.endpoint: instance.shown()},
            "traffic": {"source": found.source, "requests": found.total, "lasts_s": found.duration_s},
        }
        words = [
            "harness",
            "simulate",
            "--policy",
            str(place),
            "--traffic",
            str(traffic),
            "--seed",
            str(seed),
        ]
        words += [] if initial is None else ["--initial", str(initial)]
        records = played(case, "auto", shown, command=shlex.join(words), with_ranges=ranges)
        return self._stand.of_records(case.name, records)

    def _place(self, given: str | Path) -> Path:
        """Return *given* below the test's folder or the rootdir where it is a file or folder there."""
        places = [folder / given for folder in (*self._stand.folders, self._stand.root)]
        return next((place for place in places if place.exists()), Path(given))
