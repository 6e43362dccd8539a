"""CloudFormation's calls that ask: Describe, List, Get and Validate."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness.aws.aws_json import Arguments, Refused
from harness.aws.stacks.fetching import template_text
from harness.aws.stacks.register import Register
from harness.aws.stacks.submitted import placeholders, read, summary
from harness.aws.stacks.working import Workers
from harness.config import Credentials

Operation = Callable[[Arguments, Credentials], Awaitable[Mapping[str, Any] | None]]


class Asking:
    """`operations` by their names."""

    def __init__(self, register: Register, region: str, account: str, workers: Workers) -> None:
        self._register = register
        self._scope = {"region": region, "account": account}
        self._workers = workers
        self.operations: dict[str, Operation] = {
            "DescribeAccountLimits": self._limits,
            "DescribeStackEvents": self._events,
            "DescribeStackResource": self._resource,
            "DescribeStackResources": self._resources,
            "DescribeStacks": self._stacks,
            "GetStackPolicy": self._policy,
            "GetTemplate": self._template,
            "GetTemplateSummary": self._summary,
            "ListExports": self._exports,
            "ListImports": self._imports,
            "ListStackResources": self._listed_resources,
            "ListStacks": self._listed,
            "ValidateTemplate": self._validate,
        }

    async def _stacks(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        if given.get("StackName"):
            return {"Stacks": [self._register.the(given).described()]}
        return {"Stacks": [stack.described() for stack in self._register.live()]}

    async def _listed(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        wanted = set(given.get("StackStatusFilter") or ())
        found = [stack for stack in self._register.all() if not wanted or stack.status in wanted]
        return {"StackSummaries": [stack.summarized() for stack in found]}

    async def _events(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        return {"StackEvents": self._register.the(given).told_events()}

    async def _resources(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        stacks = [self._register.the(given)] if given.get("StackName") else self._register.live()
        physical, logical = given.get("PhysicalResourceId"), given.get("LogicalResourceId")
        found = [
            each
            for stack in stacks
            for each in stack.resources()
            if (not physical or each["PhysicalResourceId"] == physical)
            and (not logical or each["LogicalResourceId"] == logical)
        ]
        if physical and not found:
            raise Refused("ValidationError", f"Stack for {physical} does not exist")
        return {"StackResources": found}

    async def _resource(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        stack, wanted = self._register.the(given), str(given.get("LogicalResourceId", ""))
        for each in stack.resources():
            if each["LogicalResourceId"] == wanted:
                about = dict(each)
                about["LastUpdatedTimestamp"] = about.pop("Timestamp")
                declared = stack.submitted.template.resources.get(wanted) if stack.submitted else None
                metadata = declared.extra.get("Metadata") if declared else None
                about["Metadata"] = json.dumps(metadata) if metadata else None
                return {"StackResourceDetail": about}
        raise Refused("ValidationError", f"Resource {wanted} does not exist for stack {stack.name}")

    async def _listed_resources(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        found = []
        for each in self._register.the(given).resources():
            about = {name: value for name, value in each.items() if name not in ("StackName", "StackId")}
            about["LastUpdatedTimestamp"] = about.pop("Timestamp")
            found.append(about)
        return {"StackResourceSummaries": found}

    async def _template(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        if given.get("ChangeSetName"):
            _, change_set = self._register.change_set(given)
            submitted = change_set.submitted
        else:
            submitted = self._register.the(given).submitted
        text = submitted.text if submitted else ""
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    async def _summary(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        if given.get("StackName"):
            submitted = self._register.the(given).submitted
            if submitted is None:
                raise Refused("ValidationError", f"Stack {given['StackName']} has no template yet")
            return summary(submitted)
        return await self._summed_up(given, who)

    async def _summed_up(self, given: Arguments, who: Credentials) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            text = template_text(given, self._workers.surroundings(who))
            assert text is not None
            filled = placeholders(text)
            return summary(read(text, filled, stack="summary", checked=False, **self._scope))

        return await asyncio.to_thread(look)

    async def _validate(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        told = await self._summed_up(given, who)
        names = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        parameters = [{name: each[name] for name in names} for each in told["Parameters"]]
        kept = ("Description", "Capabilities", "CapabilitiesReason", "DeclaredTransforms")
        return {"Parameters": parameters, **{name: told[name] for name in kept}}

    async def _exports(self, _given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        found = [
            {"ExportingStackId": stack.identity, "Name": one["ExportName"], "Value": one["OutputValue"]}
            for stack in self._register.live()
            for one in stack.outputs()
            if one["ExportName"]
        ]
        return {"Exports": found}

    async def _imports(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        name = given.get("ExportName", "")
        raise Refused("ValidationError", f"Export '{name}' is not imported by any stack.")

    async def _policy(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        return {"StackPolicyBody": self._register.the(given).policy or None}

    async def _limits(self, _given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        limits = {"StackLimit": 2000, "StackOutputsLimit": 200}
        return {"AccountLimits": [{"Name": name, "Value": value} for name, value in limits.items()]}
