"""Search and GetSearchSuggestions: ours over our jobs and endpoints, and over what the backend keeps."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness.aws.aws_json import Arguments, Refused, offset, whole_number
from harness.aws.jobs.answering import answering
from harness.aws.jobs.derived_house import DerivedHouse, described
from harness.aws.jobs.search_schema import MEMBERS, schema_of
from harness.aws.jobs.tags import JobTags, as_list
from harness.gateway.chain import Exchange
from harness.jobs.search import DEFAULT_SORT, Query, search
from harness.jobs.search_values import Resource

# The API reference names none for Search; this is what the List operations have.
DEFAULT_PAGE, MOST_A_PAGE = 10, 100
MOST_SUGGESTIONS = 50
# What the backend keeps: kind -> (List operation, its member, Describe operation, name in both).
_KEPT = {
    "Model": ("ListModels", "Models", "DescribeModel", "ModelName"),
    "Experiment": ("ListExperiments", "ExperimentSummaries", "DescribeExperiment", "ExperimentName"),
    "ExperimentTrial": ("ListTrials", "TrialSummaries", "DescribeTrial", "TrialName"),
    "ExperimentTrialComponent": (
        "ListTrialComponents",
        "TrialComponentSummaries",
        "DescribeTrialComponent",
        "TrialComponentName",
    ),
    "ModelPackage": (
        "ListModelPackages",
        "ModelPackageSummaryList",
        "DescribeModelPackage",
        "ModelPackageName",
    ),
    "ModelPackageGroup": (
        "ListModelPackageGroups",
        "ModelPackageGroupSummaryList",
        "DescribeModelPackageGroup",
        "ModelPackageGroupName",
    ),
}
Lists = Callable[[], Awaitable[list[Arguments]]]


class Search:
    """Answers Search on *house*; *own* gives the resources of a kind that are ours."""

    def __init__(self, house: DerivedHouse, own: Mapping[str, Lists], tags: JobTags) -> None:
        self._house = house
        self._own = own
        self._tags = tags
        self.handle = answering({"Search": self._search, "GetSearchSuggestions": self._suggest}).handle

    async def _search(self, exchange: Exchange, given: Arguments) -> Arguments:
        kind = given["Resource"]
        self._check_covered(given)
        query = Query(
            kind,
            given.get("SearchExpression"),
            given.get("SortBy") or DEFAULT_SORT,
            given.get("SortOrder", "Descending") == "Descending",
        )
        size = whole_number(given, "MaxResults", least=1, most=MOST_A_PAGE, otherwise=DEFAULT_PAGE)
        start = offset(given.get("NextToken"))
        found = search(await self._resources(exchange, kind), query, schema_of(kind))
        answer: Arguments = {
            "Results": [self._record(kind, each) for each in found[start : start + size]],
            "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
        }
        return answer | ({"NextToken": str(start + size)} if start + size < len(found) else {})

    async def _suggest(self, _exchange: Exchange, given: Arguments) -> Arguments:
        kind = given["Resource"]
        self._check_covered(given)
        hint = ((given.get("SuggestionQuery") or {}).get("PropertyNameQuery") or {}).get(
            "PropertyNameHint", ""
        )
        names = [name for name in schema_of(kind) if name.startswith(hint) and not name.endswith(".*")]
        return {
            "PropertyNameSuggestions": [{"PropertyName": name} for name in sorted(names)[:MOST_SUGGESTIONS]]
        }

    def _check_covered(self, given: Arguments) -> None:
        kind = given["Resource"]
        if kind not in MEMBERS:
            self._house.finding(
                "search-not-covered",
                "error",
                f"search/{kind}",
                f"Search over {kind} is not covered here; it is over {', '.join(MEMBERS)}.",
                "SageMaker API reference, Search",
            )
            raise Refused(
                "ValidationException",
                f"Search over {kind} is not covered by the harness; it is over {', '.join(MEMBERS)}.",
            )
        if given.get("CrossAccountFilterOption") == "CrossAccount":
            raise Refused("ValidationException", "CrossAccount search is not covered by the harness.")

    async def _resources(self, exchange: Exchange, kind: str) -> list[Resource]:
        found: list[Resource] = []
        if kind in self._own:
            found += await self._own[kind]()
        if kind in _KEPT:
            found += await self._kept(exchange, kind)
        return [self._tagged(each) for each in found]

    async def _kept(self, exchange: Exchange, kind: str) -> list[Arguments]:
        """Return what the backend keeps of *kind*, each as its Describe call shows it."""
        operation, member, describe, name = _KEPT[kind]
        found: list[Arguments] = []
        token: dict[str, str] = {}
        while True:
            page = await described(self._house, exchange, operation, token) or {}
            for each in page.get(member, []):
                # A version of a package has no name of its own: its ARN stands for it.
                called = each.get(name) or each.get(name.replace("Name", "Arn"))
                whole = await described(self._house, exchange, describe, {name: called})
                found.append({**each, **(whole or {})})
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def _tagged(self, resource: Resource) -> Resource:
        arn = next((value for name, value in resource.items() if name.endswith("Arn") and name in _ARNS), "")
        tags = self._tags.of(arn) if arn else None
        return {**resource, "Tags": as_list(tags)} if tags else resource

    def _record(self, kind: str, resource: Resource) -> dict[str, Any]:
        shown = schema_of(kind)
        inside = {name: value for name, value in resource.items() if name in shown}
        if kind == "Model":  # ModelDashboardModel; its endpoints, cards and schedules are left out
            return {"Model": {"Model": inside}}
        return {MEMBERS[kind]: inside}


_ARNS = ("TrainingJobArn", "HyperParameterTuningJobArn", "TrialComponentArn")
