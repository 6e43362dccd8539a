"""Which host is this machine, which is AWS: by the name alone, for a name server could say anything."""

from ipaddress import ip_address

# The domains of AWS's endpoints in all its partitions: General Reference, "AWS service endpoints", and the
# partitions that botocore knows (a test holds it to them).
AWS_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "on.aws",  # addresses of functions
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
)
# EC2, "Instance metadata"; ECS, "Task IAM role".
AWS_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "fd00:ec2::23"})


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_aws(host: str) -> bool:
    """Tell whether *host* is an endpoint of AWS's, or where machines there ask about themselves."""
    name = host.rstrip(".").lower()
    return name in AWS_METADATA or any(name == one or name.endswith(f".{one}") for one in AWS_DOMAINS)
