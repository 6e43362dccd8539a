"""Sends a scenario's load through Locust, and journals every request."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from harness import journal
from harness.errors import HarnessError
from harness.interrupts import Deferred
from harness.load import LoadProgress, LoadResult, run_load
from harness.load_plan import DRAIN_MODEL_S, LAG_LIMIT_S, MESSAGE_LAG_LIMIT_S, AccessKey, LoadPlan
from harness.load_result import UNFINISHED, RequestRow, judge
from harness.run.aborting import Aborting
from harness.run.context import RunContext
from harness.run.credentials import assumed
from harness.run.function_phase import called_by_load
from harness.scenario import OpenModel, Role


def send_load(run: RunContext, on_begin: Callable[[float], None]) -> list[str]:
    """Send the load to its end and journal it; return why it proves nothing, empty when it does.

    *on_begin* is told the model second at which it begins, a little before. A threshold that is crossed ends
    it early and becomes the run's `crossing`; that it did not come to its end is then no reason against it.
    When the backend dies or the user interrupts, the clients are ended, what they had sent is journalled, and
    the error goes on.
    """
    plan = _plan(run)
    watch = _Watch(run.check)
    models = {model.label: model for model in plan.models}
    aborting = Aborting(run, plan.results_dir, lambda row: request_of(models[row.model], row))

    def begin(began_at: float) -> None:
        aborting.begin(began_at)
        on_begin(began_at)

    if (workers := run.options.workers) is not None:
        run.view.line(f"load    waits for {workers.count} x {workers.command(run.url)}")
    with Deferred() as interrupt:
        result = run_load(
            plan,
            run.logs,
            lambda progress: _show(run, progress),
            processes=run.options.processes,
            workers=run.options.workers,
            should_stop=lambda: interrupt.came or watch.must_stop() or aborting.must_stop(),
            on_begin=begin,
        )
        run.crossing = None if interrupt.came else aborting.crossing
        if run.crossing is not None:
            result = _as_far_as_it_got(plan, result)
        _journal(run, models, result)
    watch.reraise()
    return list(result.why)


def _plan(run: RunContext) -> LoadPlan:
    chosen = run.options.client
    models = [replace(one, client=chosen) if chosen else one for one in run.scenario.workload]
    messages_only = all(model.target in ("topic", "queue") for model in models)
    return LoadPlan(
        gateway_url=run.url,
        models=tuple(models),
        results_dir=run.directory / "load",
        clock_zero=run.clock.zero,
        seed=run.options.seed,
        speed=run.clock.speed,
        start_at=run.clock.now(),
        region=run.settings.region,
        account=run.settings.account_id,
        lag_limit_s=MESSAGE_LAG_LIMIT_S if messages_only else LAG_LIMIT_S,
        drain_model_s=max([DRAIN_MODEL_S, *(one.timeout_s for one in called_by_load(run.scenario))]),
        role_keys={one.role_name: _key_of(run, one) for one in models if one.role_name},
    )


def _key_of(run: RunContext, model: OpenModel) -> AccessKey:
    """Return what the requests of *model*'s role are signed with: temporary credentials of it."""
    assert isinstance(model.as_role, Role)  # whose name `role_name` is
    (found,) = assumed(model.as_role, ["load"], run.client, run.settings.account_id, run.act_as)
    return AccessKey(found.access_key, found.secret_key, found.session_token)


def _show(run: RunContext, progress: LoadProgress) -> None:
    missed = progress.failed + progress.dropped
    text = f"{progress.sent} sent, {progress.completed} answered, {missed} not"
    run.view.progress(progress.at_s, progress.duration_s, text)


def _as_far_as_it_got(plan: LoadPlan, result: LoadResult) -> LoadResult:
    """Return the load that was ended on purpose, with what speaks against the part of it that was sent."""
    sent = replace(result.counts, unfinished=0)
    why = judge(sent, cpu=result.client_cpu, lag_p99_s=result.lag_p99_s, lag_limit_s=plan.lag_limit_s)
    return replace(result, why=why)


def _journal(run: RunContext, models: Mapping[str, OpenModel], result: LoadResult) -> None:
    for row in result.rows():
        if run.crossing is None or row.outcome != UNFINISHED:  # that nobody waited for an answer is no error
            run.recorder.record(request_of(models[row.model], row))
    run.recorder.record(account_of(result, run.clock.now()))


def request_of(model: OpenModel, row: RequestRow) -> journal.LoadRequest:
    """Return what the journal has of *row*."""
    return journal.LoadRequest(
        due_at=row.due_at,
        endpoint=model.endpoint_name,
        outcome=row.outcome,
        status=row.status,
        sent_at=row.sent_at,
        received_at=row.received_at,
        lag_s=row.lag_s,
        queue_s=row.queue_s or 0.0,
        service_s=_service_s(model, row),
        overhead_s=row.overhead_s or 0.0,
        error=row.error,
        target=model.target,
    )


def _service_s(model: OpenModel, row: RequestRow) -> float:
    """Return the modelled seconds that *row* was served: of a function what the gateway says of the whole
    call. Where it cannot say, as of an HTTP API, whose answer an emulator makes, the time that passed on the
    model clock."""
    if model.target not in ("function", "api"):
        return row.service_s or 0.0
    if row.modelled_s or model.invocation == "Event":
        return row.modelled_s or 0.0
    return row.received_at - row.sent_at if row.sent_at is not None and row.received_at is not None else 0.0


def account_of(result: LoadResult, now: float) -> journal.LoadEnded:
    """Return the account of the load that came to *result*, given at model second *now*."""
    return journal.LoadEnded(
        at=now,
        began_at=result.began_at,
        offered=result.offered,
        sent=result.sent,
        completed=result.completed,
        failed=result.failed,
        dropped=result.dropped,
        unfinished=result.unfinished,
        lag_p99_s=result.lag_p99_s,
        client=result.client,
        client_cpu=result.client_cpu,
        processes=result.processes,
        saturated=result.saturated,
        why=list(result.why),
        lost=result.lost,
        never_due=result.never_due,
    )


class _Watch:
    """Turns an error of `check` into "stop" for the load, and raises it again afterwards."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._error: HarnessError | None = None

    def must_stop(self) -> bool:
        try:
            self._check()
        except HarnessError as error:
            self._error = error
        return self._error is not None

    def reraise(self) -> None:
        if self._error is not None:
            raise self._error
