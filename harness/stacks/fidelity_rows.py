"""What stacks here are worth: (topic, how, on what)."""

STACKS: tuple[tuple[str, str, str], ...] = (
    (
        "stacks: order, updates in place or by replacement, rollback, deletion, change sets, exports",
        "enforced",
        "each resource by the calls of its service, in the name of the caller or of the service role, and "
        "read back; what replaces a resource is what CloudFormation's registry says",
    ),
    (
        "names and ids of stacks",
        "modelled",
        "drawn from the stack's name and the logical id, so that every run has the same; random on AWS",
    ),
    (
        "resource types beyond those that are made here, custom resources, nested stacks, macros, "
        "stack sets, drift, hooks, signals, stack policies, aws:CalledVia",
        "not covered",
        "refused with the logical id and the line, or kept and not acted upon",
    ),
)
