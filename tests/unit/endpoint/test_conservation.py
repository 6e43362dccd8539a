"""No request is forgotten or told twice, whatever an endpoint goes through; nor an instance, nor a quota."""

from collections import Counter

from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import ENDPOINT, only

from harness.endpoint import (
    CapacityChange,
    Completed,
    Constant,
    EndpointConfig,
    EndpointModel,
    EndpointSettings,
    EndpointStatus,
    Event,
    InstanceJoined,
    InstanceLeft,
    InstanceQuota,
    LogNormal,
    Outcome,
    Rejected,
    Routing,
    Uniform,
    VariantSpec,
)

TYPE = "ml.m5.large"

acts = st.lists(
    st.tuples(
        st.floats(0.0, 90.0, allow_nan=False),
        st.sampled_from(
            ["arrive"] * 8
            + [
                "burst",
                "resize",
                "resize",
                "fail",
                "zone",
                "restore",
                "update",
                "withhold",
                "weigh",
                "delete",
            ]
        ),
        st.integers(0, 5),
    ),
    max_size=40,
)


class Watched:
    """An endpoint of two variants whose every request and event is kept."""

    def __init__(self, routing: Routing, seed: int, **changed: object) -> None:
        base: dict[str, object] = {
            "launch_time": Uniform(5.0, 60.0),
            "join_stagger": Constant(4.0),
            "drain_limit_s": 8.0,
            "scale_in_s": 5.0,
            "invocation_timeout_s": 20.0,
        }
        self.quota = InstanceQuota({TYPE: 12})
        self.routing = routing
        self.model = EndpointModel(
            ENDPOINT,
            self.config("first", 2),
            seed=str(seed),
            settings=EndpointSettings(**(base | changed)),  # type: ignore[arg-type]
            quota=self.quota,
        )
        self.events: list[Event] = []
        self.arrived = self.rejected = 0
        assert self.model.adopt(0.0) is None

    def config(self, name: str, count: int) -> EndpointConfig:
        variants = [
            VariantSpec(
                each,
                TYPE,
                count,
                service_time=LogNormal(2.0, 12.0),
                concurrency=2,
                queue_limit=3,
                routing=self.routing,
            )
            for each in ("a", "b")
        ]
        return EndpointConfig(name, tuple(variants))

    def act(self, act: str, figure: int, now: float) -> None:
        model, variant, zone = self.model, "ab"[figure % 2], "abc"[figure % 3]
        if act in ("arrive", "burst"):
            for _ in range(1 if act == "arrive" else 3 * figure):
                self.rejected += isinstance(model.arrive(self.arrived, now), Rejected)
                self.arrived += 1
        elif act == "resize":
            model.update_weights_and_capacities([CapacityChange(variant, 1 + figure)], now)
        elif act == "weigh":
            model.update_weights_and_capacities([CapacityChange(variant, weight=float(figure))], now)
        elif act == "zone":
            model.fail_zone(zone, now)
        elif act == "restore":
            model.restore_zone(zone, now)
        elif act == "update":
            model.update(self.config("next", 1 + figure % 3), now)
        elif act == "withhold":
            model.withhold_capacity(figure % 2 == 0)
        elif act == "delete":
            model.delete(now)
        elif here := model.instances(variant):
            model.fail_instance(variant, here[figure % len(here)].instance_id, now)

    def ended(self) -> list[Completed]:
        return only(self.events, Completed)

    def in_flight(self) -> int:
        return sum(
            each.outstanding for variant in self.model._everyone() for each in variant.fleet.instances()
        )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    acts=acts,
    routing=st.sampled_from(Routing),
    seed=st.integers(0, 9),
    finish=st.booleans(),
    to_traffic_s=st.sampled_from([0.0, 47.4]),
)
def test_requests_and_instances_are_conserved(
    acts: list[tuple[float, str, int]], routing: Routing, seed: int, finish: bool, to_traffic_s: float
) -> None:
    """Arrived = ok + timed out + lost + rejected + in flight, at every step and through everything."""
    watched, now = Watched(routing, seed, finish_timed_out=finish, join_to_traffic_s=to_traffic_s), 0.0
    model = watched.model
    for gap, act, figure in acts:
        now += gap
        watched.act(act, figure, now)
        watched.events += model.advance(now)
        assert watched.arrived == len(watched.ended()) + watched.rejected + watched.in_flight()
        if model.deleted:
            break
    for zone in "abc":
        model.restore_zone(zone, now)
    model.withhold_capacity(False)
    watched.events += model.advance(now + 5_000.0)
    told = Counter(each.outcome for each in watched.ended())
    assert watched.arrived == sum(told[each] for each in Outcome) + watched.rejected
    assert len({each.request_id for each in watched.ended()}) == len(watched.ended())
    assert [each.at for each in watched.events] == sorted(each.at for each in watched.events)
    joined = Counter(each.instance_id for each in only(watched.events, InstanceJoined))
    left = Counter(each.instance_id for each in only(watched.events, InstanceLeft))
    moves = [*only(watched.events, InstanceJoined), *only(watched.events, InstanceLeft)]
    assert {each.endpoint for each in moves} <= {model.name}
    here = Counter(each.instance_id for name in "ab" for each in model.instances(name))
    assert joined == left + here
    assert max(joined.values()) == 1
    assert watched.quota.used(TYPE) == sum(here.values())
    if model.status is EndpointStatus.IN_SERVICE:
        for name in "ab":
            view = model.variant(name)
            assert view is not None
            assert view.current_count == view.desired_count
