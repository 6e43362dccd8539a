"""What instances of EC2 and the spot market here are worth: (topic, how, on what)."""

INSTANCES: tuple[tuple[str, str, str], ...] = (
    (
        "instances of EC2: states, what may be changed in which, shutdown behaviour, termination protection",
        "enforced",
        "refused in EC2's words; images, networks, volumes and tags are kept by the backend",
    ),
    (
        "time to boot, to stop and to shut down; evaluation and fulfilment of spot requests",
        "modelled",
        "AWS gives no figures: settings with stated defaults",
    ),
    (
        "programs of instances: instance metadata (version 2), credentials of the instance's role, SIGTERM",
        "enforced",
        "each really runs, as a process with a metadata service of its own; another address than on EC2",
    ),
    (
        "user data",
        "modelled",
        "never executed; read for when the instance shuts itself down",
    ),
    (
        "spot requests: states and status codes, two-minute notice, rebalance recommendation, events",
        "enforced",
        "EC2 user guide, State changes for a Spot request, Spot Instance interruptions",
    ),
    (
        "spot prices and capacity",
        "modelled",
        "a seeded path around a share of the on-demand price, or as the scenario says; capacity is short "
        "after an interruption alone",
    ),
    (
        "fleets, Auto Scaling groups, hibernated memory, reboots, CPU credits, capacity reservations, "
        "dedicated hosts",
        "not covered",
        "as the backend has them",
    ),
    (
        "isolation of instances: network, security groups, file system, CPU and memory of their type",
        "not covered",
        "programs are processes of the user on this machine",
    ),
)
