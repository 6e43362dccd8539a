"""Two detectors, three teams: each gets the alerts that are its own, or everybody gets them all."""

from functools import partial

from harness.scenario import (
    Expectation,
    Program,
    Queue,
    Role,
    Scenario,
    Subscription,
    Topic,
    Variant,
    delivered,
    lost,
    published,
    result,
    undelivered,
    wrongly_delivered,
)
from scenarios._messaging.anomalies import ISOLATION_FOREST, SEVERE, Z_SCORE, detect
from scenarios._messaging.permissions import CONTAINERS, consume, publish
from scenarios._messaging.reader import read

alerts = Topic("anomaly-alerts")
forest_team = Queue("alerts-of-the-forest", accepts=[alerts])
statistics_team = Queue("alerts-by-z-score", accepts=[alerts])
on_call = Queue("alerts-that-are-severe", accepts=[alerts])
TEAMS = (forest_team, statistics_team, on_call)

detector = Role("anomaly-detector", CONTAINERS, statements=(publish(alerts),))

# Who gets what: the figure of the detector that each queue must come to.
SHARES = ((forest_team, ISOLATION_FOREST), (statistics_team, Z_SCORE), (on_call, "severe"))


PROGRAMS = [
    Program("detector", partial(detect, topic=alerts), moment="beside_load", role=detector),
    *(
        Program(
            team.name,
            partial(read, queue=team),
            moment="beside_load",
            role=Role(team.name, CONTAINERS, statements=(consume(team),)),
            reads=(team,),
        )
        for team in TEAMS
    ),
]


def exactly_its_share() -> list[Expectation]:
    """Return that each team gets its own alerts: as many as the detector says there are."""
    return [
        delivered(team).equals(result("detector", share), "its own alerts, no more and no fewer")
        for team, share in SHARES
    ]


scenario = Scenario(
    name="anomaly-alerts",
    description=(
        "An isolation forest and a z-score look at 100 points; filter policies by attribute bring each alert "
        "to the team that it is for, and severe ones to who is on call."
    ),
    resources=[
        Subscription(alerts, forest_team, filter_policy={"anomaly_type": [ISOLATION_FOREST]}),
        Subscription(alerts, statistics_team, filter_policy={"anomaly_type": [Z_SCORE]}),
        Subscription(alerts, on_call, filter_policy={"severity": [{"numeric": [">=", SEVERE]}]}),
    ],
    programs=PROGRAMS,
    expectations=[
        published(alerts).equals(result("detector", "alerts"), "one message for each alert"),
        undelivered(alerts).equals(0, "each alert is somebody's"),
        *exactly_its_share(),
        *(wrongly_delivered(team).equals(0, "nobody else's alerts") for team in TEAMS),
        *(lost(team).equals(0, "none may be lost") for team in TEAMS),
    ],
    clock="wall",
    as_written=Variant(
        defect="The subscriptions have no filter policy: every team gets every alert, its own or not.",
        must_fail=tuple(one.name for one in exactly_its_share()),
        resources=[Subscription(alerts, team) for team in TEAMS],
        expectations=[
            published(alerts).equals(result("detector", "alerts"), "one message for each alert"),
            undelivered(alerts).equals(0, "each alert is somebody's"),
            *exactly_its_share(),
        ],
    ),
)
