"""API Gateway's own actions are HTTP methods, its resources the paths that they are sent to.

API Gateway developer guide, "How API Gateway works with IAM": `apigateway:GET` on
`arn:aws:apigateway:REGION::/restapis/ID`. The reader of requests gives both as members that no model has.
"""

from harness.iam.actions.members import Members
from harness.iam.actions.need import Need, Place

METHOD, PATH = ":method", ":path"
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def verb_need(prefix: str, members: Members, place: Place) -> Need | None:
    """Return the need of a call of API Gateway's control plane, None for what is none."""
    method, path = members.get(METHOD), members.get(PATH)
    if prefix != "apigateway" or method not in _VERBS or not isinstance(path, str):
        return None
    # The second version's paths begin with /v2, its ARNs do not.
    path = path.removeprefix("/v2")
    return Need(f"apigateway:{method}", f"arn:{place.partition}:apigateway:{place.region}::{path}")
