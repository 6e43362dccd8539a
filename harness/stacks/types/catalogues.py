"""AWS::Glue and AWS::ECR: databases, tables, crawlers, jobs, triggers; repositories."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, as_text, document, shown
from harness.stacks.tags import read_tags

# Glue calls: a database and a table are named inside of their input.


def _make_database(where: Surroundings, properties: Properties) -> Made:
    given = {"DatabaseInput": dict(properties["DatabaseInput"])}
    name = str(properties.get("DatabaseName") or given["DatabaseInput"].get("Name") or "")
    given["DatabaseInput"]["Name"] = name
    where.call("glue", "create_database", **arguments_of(where.clients("glue"), "create_database", given))
    return Made(name)


def _read_database(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("glue", "get_database", Name=name))
    if answer is None:
        return None
    known = ("Name", "Description", "LocationUri", "Parameters")
    told = {key: answer["Database"][key] for key in known if answer["Database"].get(key)}
    return Seen({"CatalogId": where.account, "DatabaseInput": told})


def _change_database(where: Surroundings, name: str, _before: Properties, after: Properties) -> None:
    given = {"DatabaseInput": {**after["DatabaseInput"], "Name": name}}
    where.call(
        "glue", "update_database", Name=name, **arguments_of(where.clients("glue"), "update_database", given)
    )


def _remove_database(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("glue", "delete_database", Name=name))


def _databases(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("glue", "get_databases", "DatabaseList"):
        yield each["Name"], {}


_TABLE = (
    "Name",
    "Description",
    "Owner",
    "Parameters",
    "PartitionKeys",
    "StorageDescriptor",
    "TableType",
    "Retention",
)


def _table(where: Surroundings, method: str, properties: Properties) -> str:
    given = {"DatabaseName": properties["DatabaseName"], "TableInput": dict(properties["TableInput"])}
    if properties.get("Name"):
        given["TableInput"].setdefault("Name", properties["Name"])
    where.call("glue", method, **arguments_of(where.clients("glue"), method, given))
    return str(given["TableInput"]["Name"])


def _make_table(where: Surroundings, properties: Properties) -> Made:
    return Made(_table(where, "create_table", properties))


def _read_table(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    named = {"DatabaseName": str(properties["DatabaseName"]), "Name": name}
    answer = gone_is_fine(lambda: where.call("glue", "get_table", **named))
    if answer is None:
        return None
    told = {key: answer["Table"][key] for key in _TABLE if answer["Table"].get(key)}
    return Seen({"CatalogId": where.account, "DatabaseName": named["DatabaseName"], "TableInput": told})


def _change_table(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
    _table(where, "update_table", after)


def _remove_table(where: Surroundings, name: str, properties: Properties) -> None:
    named = {"DatabaseName": str(properties["DatabaseName"]), "Name": name}
    gone_is_fine(lambda: where.call("glue", "delete_table", **named))


def _tables(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for database, _ in _databases(where):
        for each in where.pages("glue", "get_tables", "TableList", DatabaseName=database):
            yield each["Name"], {"DatabaseName": database}


# -- crawlers, jobs, triggers -----

_CRAWLER = Plain(
    type="AWS::Glue::Crawler",
    service="glue",
    create="create_crawler",
    describe="get_crawler",
    delete="delete_crawler",
    update="update_crawler",
    by="Name",
    name="Name",
    inside="Crawler",
    lists=("get_crawlers", "Crawlers", "Name"),
)


def _crawler_arguments(where: Surroundings, method: str, properties: Properties) -> dict[str, Any]:
    """Schedule is an object in a template, and its expression in the API."""
    given = {
        name: value
        for name, value in properties.items()
        if not (method == "update_crawler" and name == "Tags")
    }
    if isinstance(given.get("Schedule"), dict):
        given["Schedule"] = given["Schedule"].get("ScheduleExpression", "")
    return arguments_of(where.clients("glue"), method, given)


def _make_crawler(where: Surroundings, properties: Properties) -> Made:
    where.call("glue", "create_crawler", **_crawler_arguments(where, "create_crawler", properties))
    return Made(str(properties["Name"]))


def _read_crawler(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    described = _CRAWLER.describe_it(where, name)
    if described is None:
        return None
    told = shown(*described)
    if expression := (told.pop("Schedule", None) or {}).get("ScheduleExpression"):
        told["Schedule"] = {"ScheduleExpression": expression}
    told["Targets"] = {kind: targets for kind, targets in (told.get("Targets") or {}).items() if targets}
    told = {key: value for key, value in told.items() if value not in ([], {}, "")}
    return _with_tags(where, _CRAWLER, name, told, f"crawler/{name}")


def _with_tags(where: Surroundings, plain: Plain, name: str, told: dict[str, Any], arn: str) -> Seen:
    told["Tags"] = read_tags(where, "glue", where.arn("glue", arn))
    return plain.seen(where, name, told)


def _change_crawler(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
    where.call("glue", "update_crawler", **_crawler_arguments(where, "update_crawler", after))


_JOB = Plain(
    type="AWS::Glue::Job",
    service="glue",
    create="create_job",
    describe="get_job",
    delete="delete_job",
    by="JobName",
    name="Name",
    inside="Job",
    lists=("get_jobs", "Jobs", "Name"),
    unused=frozenset({"JobMode", "JobRunQueuingEnabled", "MaintenanceWindow"}),
)


def _read_job(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    described = _JOB.describe_it(where, name)
    if described is None:
        return None
    told = {key: value for key, value in shown(*described).items() if value not in ([], {}, "")}
    if "MaxCapacity" not in properties:
        told.pop("AllocatedCapacity", None)
    return _with_tags(where, _JOB, name, told, f"job/{name}")


def _change_job(where: Surroundings, name: str, _before: Properties, after: Properties) -> None:
    given = {
        key: value for key, value in after.items() if key not in ("Name", "Tags") and key not in _JOB.unused
    }
    arguments = arguments_of(where.clients("glue"), "update_job", {"JobUpdate": given})
    where.call("glue", "update_job", JobName=name, **arguments)


_TRIGGER = Plain(
    type="AWS::Glue::Trigger",
    service="glue",
    create="create_trigger",
    describe="get_trigger",
    delete="delete_trigger",
    by="Name",
    name="Name",
    inside="Trigger",
    lists=("list_triggers", "TriggerNames", ""),
)

# -- repositories -----

_REPOSITORY = Plain(
    type="AWS::ECR::Repository",
    service="ecr",
    create="create_repository",
    describe="describe_repositories",
    delete="delete_repository",
    by="repositoryNames",
    plural=True,
    name="RepositoryName",
    inside="repositories",
    aside=frozenset(
        {"LifecyclePolicy", "RepositoryPolicyText", "EmptyOnDelete", "ImageTagMutabilityExclusionFilters"}
    ),
    attributes={"Arn": "RepositoryArn", "RepositoryUri": "RepositoryUri"},
    tagging="ecr",
    lists=("describe_repositories", "repositories", "repositoryName"),
)


def _make_repository(where: Surroundings, properties: Properties) -> Made:
    made = _REPOSITORY.make(where, properties)
    with known_as(made.physical_id):
        _policies(where, made.physical_id, {}, properties)
    return made


def _policies(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    text = (after.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
    if text and before.get("LifecyclePolicy") != after.get("LifecyclePolicy"):
        where.call("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=as_text(text))
    policy = after.get("RepositoryPolicyText")
    if policy and before.get("RepositoryPolicyText") != policy:
        where.call("ecr", "set_repository_policy", repositoryName=name, policyText=as_text(policy))


def _read_repository(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    seen = _REPOSITORY.read(where, name, properties)
    if seen is None:
        return None
    found = dict(seen.properties)
    policy = gone_is_fine(lambda: where.call("ecr", "get_repository_policy", repositoryName=name))
    if policy:
        found["RepositoryPolicyText"] = document(policy["policyText"])
    life = gone_is_fine(lambda: where.call("ecr", "get_lifecycle_policy", repositoryName=name))
    if life:
        found["LifecyclePolicy"] = {"LifecyclePolicyText": life["lifecyclePolicyText"]}
    return Seen(found, seen.attributes)


def _change_repository(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    if before.get("ImageTagMutability") != after.get("ImageTagMutability"):
        given = {"imageTagMutability": after.get("ImageTagMutability", "MUTABLE")}
        where.call("ecr", "put_image_tag_mutability", repositoryName=name, **given)
    _policies(where, name, before, after)


def _remove_repository(where: Surroundings, name: str, properties: Properties) -> None:
    force = str(properties.get("EmptyOnDelete", False)).lower() == "true"
    gone_is_fine(lambda: where.call("ecr", "delete_repository", repositoryName=name, force=force))


KINDS = (
    Kind(
        "AWS::Glue::Database",
        "glue",
        _make_database,
        _read_database,
        _remove_database,
        _change_database,
        listed=_databases,
        twins=("DatabaseInput",),
    ),
    Kind(
        "AWS::Glue::Table",
        "glue",
        _make_table,
        _read_table,
        _remove_table,
        _change_table,
        listed=_tables,
        twins=("TableInput",),
    ),
    _CRAWLER.kind(make=_make_crawler, read=_read_crawler, change=_change_crawler),
    _JOB.kind(read=_read_job, change=_change_job),
    _TRIGGER.kind(),
    _REPOSITORY.kind(
        make=_make_repository, read=_read_repository, change=_change_repository, remove=_remove_repository
    ),
)
