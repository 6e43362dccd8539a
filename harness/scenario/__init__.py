"""What the user declares: import every name of a scenario file from here."""

from harness.endpoint.distributions import Constant, LogNormal
from harness.scenario.expectations import (
    Expectation,
    answered_during_fault,
    error_ratio,
    final_in_service,
    first_scale_out,
    least_in_service_after_fault,
    peak_in_service,
    response_time,
    result,
    scale_out_lag,
    scale_outs,
)
from harness.scenario.faults import ZoneFailure
from harness.scenario.find import find, names
from harness.scenario.programs import Program
from harness.scenario.resources import Endpoint, Model, Role, TargetTracking, allow
from harness.scenario.spec import Scenario, Settle, Variant
from harness.scenario.workload import (
    Calls,
    OpenModel,
    Payload,
    Ramp,
    Stages,
)
