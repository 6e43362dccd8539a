"""Which bucket a Host header names: virtual-hosted-style requests of S3, and who reads them otherwise."""

import re

# Amazon S3 user guide, "Virtual hosting of buckets": `bucket.s3.region.host`, and what SDKs make of
# an endpoint whose host is a name and no address: `bucket.host`.
_OF_S3 = re.compile(r"([a-z0-9][a-z0-9.\-]+?)\.s3[.\-][a-z0-9.\-]+")
_OF_HOUSE = re.compile(r"([a-z0-9][a-z0-9.\-]+?)\.(?:localhost|localhost\.localstack\.cloud)")
_ADDRESS = re.compile(r"\[[0-9a-f:.]+\]|[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9\-]{1,61}[a-z0-9])")
# Whose calls come by a host name of their own, whatever they are signed for.
_BY_HOST = re.compile(
    r"[.](execute-api|lambda-url|alb|elb|cloudfront|aoss|appsync-api|appsync-realtime-api|accesspoint|mrap)[.]"
)
# Names that MiniStack takes for no bucket.
_SERVICES_SAID = (
    "s3 s3-control sqs sns dynamodb lambda iam sts secretsmanager logs ssm events kinesis monitoring ses "
    "states ecs rds rds-data docdb documentdb elasticache glue athena airflow apigateway cloudformation "
    "autoscaling codebuild transfer cur budgets kinesisanalytics cloudfront-kvs appsync-api "
    "appsync-realtime-api inspector2 dsql"
)
_SERVICES = frozenset(_SERVICES_SAID.split())


def bucket_in_host(host: bytes) -> str:
    """Return the bucket in front of the host name, "" where the path names it."""
    name = host.decode("latin-1").strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    found = _OF_S3.fullmatch(name) or _OF_HOUSE.fullmatch(name)
    return found[1] if found and found[1] != "s3" else ""


def is_of_another_service(host: bytes, service: str) -> bool:
    """Return whether *host* is that of an API, a function's URL, a load balancer and the like, and *service*,
    a signing name, is not theirs."""
    found = _BY_HOST.search(f".{host.decode('latin-1').lower()}.")
    return found is not None and service not in ("", found[1])


def read_alike(host: bytes, store: str) -> bool:
    """Return whether the emulator called *store* finds the same bucket in *host* as `bucket_in_host`.

    MiniStack takes the first label for a bucket where `localhost` or `s3` follows, moto any first label of
    what is no address.
    """
    text = host.decode("latin-1").strip().lower()
    whole = _WITH_PORT.fullmatch(text)
    if whole is None:
        return False
    theirs = _READERS.get(store)
    return theirs is None or theirs(whole[1]) == bucket_in_host(host)


def _by_ministack(name: str) -> str:
    first, _, rest = name.partition(".")
    if _ADDRESS.fullmatch(name) or not rest or _LABEL.fullmatch(first) is None or first in _SERVICES:
        return ""
    ends = rest == "localhost" or rest.endswith(".localhost")
    second = rest.partition(".")[0]
    return first if ends or second == "s3" or second.startswith(("s3-", "s3express-")) else ""


def _by_moto(name: str) -> str:
    if "." not in name or _ADDRESS.fullmatch(name) or name.endswith(".svc.cluster.local"):
        return ""
    if name.startswith(("localhost", "localstack", "host.docker.internal", "s3.", "s3-")):
        return ""
    return name.removeprefix("www.").partition(".")[0]


_READERS = {"ministack": _by_ministack, "moto": _by_moto}
