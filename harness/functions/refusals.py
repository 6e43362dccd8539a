"""Lambda's no to a change of concurrency, in its own words where they are known.

Sources: Lambda API reference, PutFunctionConcurrency and PutProvisionedConcurrencyConfig; developer guide,
"Configuring reserved concurrency for a function" and "Configuring provisioned concurrency for a function";
the messages as users quote them.
"""

from harness.refusal import Refusal

LATEST = "$LATEST"

# Guide: Lambda keeps at least 100 of the account's concurrency for functions without a reservation.
LEAST_UNRESERVED = 100

INVALID = "InvalidParameterValueException"
CONFLICT = "ResourceConflictException"


def below_minimum(what: str) -> Refusal:
    """Return the refusal of a change that leaves too little for functions without a reservation."""
    return Refusal(
        INVALID,
        f"Specified {what} for function decreases account's UnreservedConcurrentExecution below its minimum "
        f"value of [{LEAST_UNRESERVED}].",
    )


def too_small(parameter: str, value: int, least: int) -> Refusal:
    """Return the refusal of a number below *least*, as the validation of requests words it."""
    return Refusal(
        "ValidationException" if least else INVALID,
        f"1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: "
        f"Member must have value greater than or equal to {least}",
    )


def below_provisioned(reserved: int, provisioned: int) -> Refusal:
    """Return the refusal of a reservation that does not hold what is provisioned of the function."""
    return Refusal(
        INVALID,
        f"ReservedConcurrentExecutions {reserved} should not be lower than function's total provisioned "
        f"concurrency [{provisioned}].",
    )


def no_function(name: str) -> Refusal:
    """Return the refusal of a call about a function, a version or an alias that is not there."""
    return Refusal("ResourceNotFoundException", f"Function not found: {name}")


UNPUBLISHED = Refusal(
    INVALID, "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
)
WEIGHTED = Refusal(INVALID, "Alias with weights can not be used with Provisioned Concurrency")
ABOVE_RESERVED = Refusal(
    INVALID,
    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
    "function",
)
# Guide: "Two aliases can't allocate provisioned concurrency for the same version."
VERSION_TAKEN = Refusal(
    CONFLICT,
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
)
ALIAS_TAKEN = Refusal(CONFLICT, "Version is pointed by a Provisioned Concurrency alias")
NOT_PROVISIONED = Refusal(
    "ProvisionedConcurrencyConfigNotFoundException",
    "No Provisioned Concurrency Config found for this function",
)


def above_account(limit: int) -> Refusal:
    """Return the refusal of more provisioned concurrency than the account has."""
    return Refusal(
        INVALID,
        f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
        f"[{limit}].",
    )
