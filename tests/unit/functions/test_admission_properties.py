"""What holds of every history: limits, conservation, order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, Uniform
from harness.functions.concurrency import Account, EnvironmentEnded
from harness.functions.outcomes import Admitted, Source, Throttled
from harness.functions.samples import Metric
from harness.functions.settings import FunctionSettings, Reuse

ACCOUNT = 120
NAMES = ("f", "g")


@dataclass(frozen=True)
class Step:
    """After *gap_s* something is asked for: an invocation, or a change of concurrency."""

    gap_s: float
    what: str
    name: str
    qualifier: str
    number: int
    duration_s: float


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from((0.0, 0.001, 0.05, 1.0, 40.0, 700.0)),
        st.sampled_from(("invoke",) * 12 + ("reserve", "provision", "replace", "point")),
        st.sampled_from(NAMES),
        st.sampled_from(("", "live")),
        st.integers(0, 12),
        st.sampled_from((0.001, 0.2, 3.0, 200.0)),
    ),
    max_size=60,
)
SETTINGS = st.builds(
    FunctionSettings,
    account_concurrency=st.just(ACCOUNT),
    idle_lifetime=st.sampled_from((Constant(600.0), Uniform(1.0, 60.0))),
    environment_reuse=st.sampled_from(Reuse),
    changeable_while_allocating=st.booleans(),
)


class History:
    """Plays steps and keeps what became of them."""

    def __init__(self, settings: FunctionSettings) -> None:
        self.account = Account(settings, seed=1)
        self.ends: list[tuple[float, int, bool]] = []
        self.verdicts: list[Admitted | Throttled] = []
        self.finished = 0
        self.events: list[object] = []
        for name in NAMES:
            self.account.put_function(name, 0.0)
            self.account.point_alias(name, "live", "1", 0.0)

    def play(self, steps: list[Step]) -> Iterator[tuple[Step, float]]:
        """Yield each step when it is done, with its moment."""
        now = 0.0
        for number, step in enumerate(steps):
            now += step.gap_s
            self.end_until(now)
            self._do(step, now, dies=number % 7 == 0)
            self.events += self.account.advance(now)
            yield step, now

    def end_until(self, now: float) -> None:
        while self.ends and self.ends[0][0] <= now:
            at, execution, dies = heappop(self.ends)
            (self.account.end if dies else self.account.finish)(execution, at)
            self.finished += 1

    def _do(self, step: Step, now: float, *, dies: bool) -> None:
        account = self.account
        if step.what == "reserve":
            account.set_reserved(step.name, step.number if step.number < 12 else None, now)
        elif step.what == "provision":
            account.set_provisioned(step.name, "live", step.number or None, now)
        elif step.what == "replace":
            account.replace(step.name, now)
        elif step.what == "point":
            account.point_alias(step.name, "live", str(1 + step.number % 2), now)
        else:
            source = list(Source)[step.number % 3]
            verdict = account.admit(step.name, step.qualifier, now, source)
            self.verdicts.append(verdict)
            if isinstance(verdict, Admitted):
                heappush(self.ends, (now + verdict.init_s + step.duration_s, verdict.execution, dies))


@given(SETTINGS, STEPS)
def test_never_more_than_the_limits(settings: FunctionSettings, steps: list[Step]) -> None:
    """An invocation is admitted only where the account, and the reservation of its function, have room."""
    history = History(settings)
    for step, _ in history.play(steps):
        account = history.account
        if step.what == "invoke" and isinstance(history.verdicts[-1], Admitted):
            reserved = account.reserved(step.name)
            assert account.running() <= ACCOUNT
            assert account.running(step.name) <= (ACCOUNT if reserved is None else reserved)


@given(SETTINGS, STEPS)
def test_each_is_admitted_or_throttled_and_ends_once(settings: FunctionSettings, steps: list[Step]) -> None:
    """Asked = admitted + throttled; admitted = finished; nothing runs at the end; the metrics agree."""
    history = History(settings)
    asked = sum(step.what == "invoke" for step, _ in history.play(steps))
    admitted = [each for each in history.verdicts if isinstance(each, Admitted)]
    history.end_until(1e9)
    metrics = history.account.metrics
    totals = {
        metric: sum(metrics.value(metric, name, "", minute).sum for name in NAMES for minute in range(1_000))
        for metric in (Metric.INVOCATIONS, Metric.THROTTLES)
    }
    assert len(history.verdicts) == asked
    assert history.finished == len(admitted) == totals[Metric.INVOCATIONS]
    assert asked - len(admitted) == totals[Metric.THROTTLES]
    assert history.account.running() == 0
    assert len({each.execution for each in admitted}) == len(admitted)


@given(SETTINGS, STEPS)
def test_time_never_runs_back_and_no_environment_serves_two(
    settings: FunctionSettings, steps: list[Step]
) -> None:
    """Events come in order; an environment that is busy or has ended is not given to another invocation."""
    history = History(settings)
    busy: dict[str, float] = {}
    for step, now in history.play(steps):
        verdict = history.verdicts[-1] if step.what == "invoke" else None
        if isinstance(verdict, Admitted):
            assert busy.get(verdict.environment, 0.0) <= now
            busy[verdict.environment] = now + verdict.init_s + step.duration_s
    history.events += history.account.advance(1e9)
    ended = [each for each in history.events if isinstance(each, EnvironmentEnded)]
    assert len({each.environment for each in ended}) == len(ended)
    moments = [each.at for each in history.events]  # type: ignore[attr-defined]
    assert moments == sorted(moments)


@given(
    st.lists(
        st.tuples(st.floats(0.0, 0.5), st.floats(0.1, 20.0)),
        max_size=60,
    ),
    st.integers(0, 8),
)
def test_a_higher_reservation_never_throttles_more(
    arrivals: list[tuple[float, float]], reserved: int
) -> None:
    """One environment more, the same invocations: as many throttles or fewer.

    Without Init, which an invocation may pay in one history and not in the other.
    """

    def throttles(limit: int) -> int:
        history = History(FunctionSettings(account_concurrency=ACCOUNT, init_time=Constant(0.0)))
        history.account.set_reserved("f", limit, 0.0)
        list(history.play([Step(gap, "invoke", "f", "", 0, span) for gap, span in arrivals]))
        return sum(isinstance(each, Throttled) for each in history.verdicts)

    assert throttles(reserved + 1) <= throttles(reserved)
