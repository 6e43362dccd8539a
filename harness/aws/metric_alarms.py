"""CloudWatch alarms that invoke scaling policies of variants: stored by the backend, acted on by the loop.

Alarms without such an action are stored by the backend, too, and left to `plain_alarms`. What we cannot act
on is stored, and the run says so: an alarm that nobody evaluates must not look like one that never went off.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.aws.aws_json import Refused
from harness.aws.cloudwatch_cbor import translated
from harness.aws.cloudwatch_wire import SERVICE, Call, Form, call_of, form_of, refusal
from harness.errors import NotModelled, RequestRefused
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.scaling.alarms import Alarm
from harness.scaling.policies import StepScaling
from harness.scaling.requests import alarm_of, policy_name_of

if TYPE_CHECKING:
    from harness.aws.stage import Stage

# PutMetricData, which comes by here in the query form, takes up to 1 MB.
BODY_LIMIT_BYTES = 2 * 1024 * 1024
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
# What every operation here names, and what an ARN of a variant's scaling policy has in it.
_OPERATIONS = ("PutMetricAlarm", "DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions", "SetAlarmState")
_OTHERS = ("PutCompositeAlarm", "PutLogAlarm")
_POLICY_OF_VARIANT = ":resource/sagemaker/"


class MetricAlarms:
    """Answers what concerns alarms on *stage*; `handle` is its handler."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._alarms: dict[str, Alarm] = {}  # as put, with their actions, by name
        too_large = Refused("RequestEntityTooLarge", "The request body is too large.", 413)
        self._read = {
            form: ReadBody(self._answer, BODY_LIMIT_BYTES, refusal(form, too_large)) for form in Form
        }

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what to do with *exchange*: read its body when it may be about alarms."""
        if exchange.service != SERVICE:
            return None
        form = form_of(exchange)
        # In the query form the operation is in the body; CBOR is read for the backend, which cannot.
        known = form is not Form.JSON or exchange.operation in (*_OPERATIONS, *_OTHERS, "PutMetricData")
        return self._read[form] if known else None

    def _answer(self, exchange: Exchange) -> Outcome:
        try:
            call = call_of(exchange)
        except Refused as error:
            return _refused(exchange, form_of(exchange), error)
        exchange.operation = call.operation or exchange.operation
        if not self._concerns_us(call):
            self._stage.shown.alarms.heard(call)
            return translated(self._stage.backend, exchange, call) if call.form is Form.CBOR else None
        return self._carry_out(exchange, call)

    def _concerns_us(self, call: Call) -> bool:
        """Return whether *call* names a policy of a variant, or an alarm that we evaluate."""
        if call.operation not in _OPERATIONS + _OTHERS:
            return False
        return bool(_policies(call)) or not self._ours(_names(call)).isdisjoint(_names(call))

    def _ours(self, names: Iterable[str]) -> set[str]:
        """Return those of *names* that are alarms the control loop evaluates."""
        made = self._stage.targets.made_by_policies()
        return {name for name in names if name in self._alarms or name in made}

    async def _carry_out(self, exchange: Exchange, call: Call) -> Reply:
        try:
            alarm, why = _alarm(call) if call.operation == "PutMetricAlarm" else (None, "")
        except RequestRefused as error:
            return _refused(exchange, call.form, Refused(error.code, error.message))
        answer = await self._stored(exchange, call)
        if answer.status != 200:
            return answer
        if call.operation == "PutMetricAlarm":
            self._put(str(call.arguments["AlarmName"]), alarm, call, why)
        elif call.operation == "DeleteAlarms":
            self._delete(_names(call))
        elif call.operation in ("EnableAlarmActions", "DisableAlarmActions"):
            self._switch(_names(call), on=call.operation == "EnableAlarmActions")
        else:
            what = f"{call.operation} is stored, and scaling does not hear of it: use PutMetricAlarm."
            self._not_covered(_names(call), what, call)
        return answer

    async def _stored(self, exchange: Exchange, call: Call) -> Reply:
        """Return what the backend answers."""
        backend = self._stage.backend
        if call.form is Form.CBOR:
            return await translated(backend, exchange, call)
        return (await backend.repeat(exchange)).as_reply()

    # -- what comes of it -----

    def _put(self, name: str, alarm: Alarm | None, call: Call, why: str) -> None:
        if alarm is not None and not (why := self._why_not(alarm)):
            self._alarms[name] = alarm
            acts = call.arguments.get("ActionsEnabled") is not False
            self._stage.targets.put_alarm(alarm if acts else _silent(alarm))
            return
        self._forget(name)  # it may take the place of one that was acted on
        if why:
            self._not_covered([name], why, call)

    def _why_not(self, alarm: Alarm) -> str:
        """Return why *alarm* cannot be acted on, "" where it can."""
        invoked = [(_resource_of(action), policy_name_of(action)) for action in _actions(alarm)]
        known = [resource for resource, name in invoked if name in self._step_policies(resource)]
        if not known:
            return "What it invokes is no step scaling policy of a registered variant."
        metric = alarm.metric
        if metric is None or not any(self._covers(each, alarm) for each in known):
            shown = f"{metric.namespace}/{metric.name} ({metric.statistic})" if metric else "it reads"
            return f"The metric {shown} is none that this stage publishes of the variant."
        return ""

    def _step_policies(self, resource_id: str) -> set[str]:
        policies = self._stage.targets.policies_of(resource_id)
        return {each.policy_name for each in policies if isinstance(each, StepScaling)}

    def _covers(self, resource_id: str, alarm: Alarm) -> bool:
        """Return whether the variant, or another that the alarm's dimensions name, has its metric."""
        targets, metric = self._stage.targets, alarm.metric
        if metric is None:
            return False
        beside = targets.registered() if metric.dimensions else []
        return any(targets.covers(each, metric) for each in (resource_id, *beside))

    def _delete(self, names: list[str]) -> None:
        made = self._stage.targets.made_by_policies()
        for name in names:
            self._forget(name)
            if name in made:
                what = "Its policy made it and still acts: delete the policy to be rid of it."
                self._stage.not_covered(name, name, what)

    def _switch(self, names: list[str], *, on: bool) -> None:
        """Let alarms invoke their policies, or not; CloudWatch goes on evaluating them."""
        made = self._stage.targets.made_by_policies()
        for name in names:
            if name in self._alarms:
                alarm = self._alarms[name]
                self._stage.targets.put_alarm(alarm if on else _silent(alarm))
            elif name in made and not on:
                what = "Its policy made it and still acts: suspend scaling of the target instead."
                self._stage.not_covered(name, name, what)

    def _forget(self, name: str) -> None:
        if self._alarms.pop(name, None) is not None:
            self._stage.targets.delete_alarm(name)

    def _not_covered(self, names: list[str], why: str, call: Call) -> None:
        resources = {_resource_of(action) for action in _policies(call)} or {""}
        for name in names:
            for resource in sorted(resources):
                self._stage.not_covered(resource or name, name, why)


def _alarm(call: Call) -> tuple[Alarm | None, str]:
    """Return the alarm that PutMetricAlarm makes, actions and all even if disabled, or why it is none.

    Raises RequestRefused where CloudWatch refuses. One that invokes none of our policies is not looked at.
    """
    if not _policies(call):
        return None, ""
    try:
        return alarm_of(call.arguments | {"ActionsEnabled": True}), ""
    except NotModelled as error:
        return None, error.message


def _silent(alarm: Alarm) -> Alarm:
    return replace(alarm, alarm_actions=(), ok_actions=(), insufficient_data_actions=())


def _actions(alarm: Alarm) -> tuple[str, ...]:
    return (*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions)


def _policies(call: Call) -> list[str]:
    """Return the actions in *call* that are scaling policies of SageMaker's."""
    given = [action for name in ACTIONS for action in _texts(call.arguments.get(name))]
    return [action for action in given if _POLICY_OF_VARIANT in action]


def _names(call: Call) -> list[str]:
    """Return the alarms that *call* is about."""
    return [*_texts(call.arguments.get("AlarmNames")), *_texts([call.arguments.get("AlarmName")])]


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _resource_of(action: str) -> str:
    """Return the resource id in the ARN of a scaling policy."""
    return action.partition(_POLICY_OF_VARIANT)[2].partition(":policyName/")[0]


def _refused(exchange: Exchange, form: Form, error: Refused) -> Reply:
    exchange.error = f"{error.code}: {error.message}"
    return refusal(form, error)
