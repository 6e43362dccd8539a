"""Every figure of summary.json by its path, as docs/reference/summary.schema.json has it.

A line is a path, and the figures below it; `*` stands for a name (a role's, a queue's) or a row's number.
`[]` ends what is counted, `?` what is yes or no; SPREAD are the percentiles. A test holds this to the schema.
"""

SPREAD = "p50 p90 p95 p99 max"

SHAPE = """\
-: seed wall_s model_s expectations[] phases[] findings[] fidelity[] not_judged[] jobs[]
expectations.*: value ok?
load: offered sent completed failed dropped unfinished lost never_due processes lag_p99_s saturated?
    why[] client_cpu began_at_s ended_at_s
load.failed_by: *
latency: requests
latency.response_s: SPREAD
latency.service_s: SPREAD
latency.overhead_s: SPREAD
predictions: rows rmse
scaling: min_capacity max_capacity activities[] capacity[] alarms[] breach_to_in_service_s not_scaled[]
scaling.activities.*: at_s from to in_service_s at_s_low at_s_high in_service_s_low in_service_s_high
    to_low to_high certain?
scaling.alarms.*: at_s
scaling.targets.*: min_capacity max_capacity activities[] capacity[] alarms[] breach_to_in_service_s
    not_scaled[]
scaling.targets.*.activities.*: at_s from to in_service_s at_s_low at_s_high in_service_s_low
    in_service_s_high to_low to_high certain?
scaling.targets.*.alarms.*: at_s
scaling.targets.*.not_scaled.*: at_s capacity
scaling.not_scaled.*: at_s capacity
endpoints: *[]
endpoints.*.*: at_s
phases.*: at_s ended_at_s
exchanges.*: *
model: given[] corners
functions: invocations cold_starts spillover peak_concurrency account_concurrency overrun_ratio
functions.throttles: *
functions.errors: *
functions.sources.*: invocations throttled
functions.duration_s: SPREAD
functions.init_s: SPREAD
functions.overhead_s: SPREAD
functions.asynchronous: accepted succeeded failed expired pending retries lost lost_events[]
functions.asynchronous.lost_events.*: attempts accepted_at_s at_s
functions.asynchronous.age_s: SPREAD
functions.event_sources.*: batch_size maximum_concurrency batches records failed_records errors
    throttled pollers in_flight
functions.timers.*: fired targets
functions.timers.*.late_s: SPREAD
functions.by_function.*: invocations cold_starts spillover peak_concurrency memory_mb timeout_s reserved
    memory_used_mb
functions.by_function.*.throttles: *
functions.by_function.*.errors: *
functions.by_function.*.sources.*: invocations throttled
functions.by_function.*.duration_s: SPREAD
functions.by_function.*.init_s: SPREAD
functions.by_function.*.asynchronous: accepted succeeded failed expired pending retries lost
    lost_events[]
functions.by_function.*.asynchronous.lost_events.*: attempts accepted_at_s at_s
functions.by_function.*.asynchronous.age_s: SPREAD
functions.by_function.*.provisioned.*: requested allocated spillover
functions.by_function.*.provisioned.*.utilization: max mean
messages: published deduplicated copies delivered processed dead_lettered expired purged still_there
    lost duplicates redeliveries refused filtered unexplained wrongly_delivered lost_messages[]
    duplicate_messages[] edges[] refusals[]
messages.latency_s.first_receive: SPREAD
messages.latency_s.deletion: SPREAD
messages.by_target.*: copies delivered processed dead_lettered expired purged still_there lost
    duplicates redeliveries refused filtered unexplained wrongly_delivered lost_messages[]
    duplicate_messages[] deepest oldest_s dead_letters retention_s
messages.by_target.*.latency_s.first_receive: SPREAD
messages.by_target.*.latency_s.deletion: SPREAD
messages.edges.*: copies filtered refused processed dead_lettered
messages.refusals.*: at_s mended?
programs.*: processes starts restarts kills failures
programs.*.changes: *
iam.*: unreadable[] granted[] used[] unused[] denied[] granted_actions unused_actions granted_characters
    grants[] wider[] risks[] uses[] denials[] not_covered[]
iam.*.unused_by_service: *
iam.*.grants.*: actions resources[] needed?
iam.*.wider.*: used[] used_count
iam.*.risks.*: actions[] action_count statements[]
iam.*.uses.*: resources[] resource_count calls first_at_s last_at_s
iam.*.denials.*: enforced? statements[] allow[] resources[] resource_count calls first_at_s last_at_s
iam.*.denials.*.context: *[]
iam.*.not_covered.*: enforced? calls programs[]
iam.*.minimal_policy: Statement[]
iam.*.minimal_size: statements actions characters
iam.*.proof: holds? requests parts refused[] idle[]
cost: usd items[] predictions per_1000_predictions_usd unpriced[] alternatives[]
cost.price_table.prices.*: usd
cost.items.*: quantity usd
cost.not_covered: *
cost.month: usd hours from_s
cost.alternatives.*: usd instead_of_usd
jobs.*: created_at_s instance_count spot? took_s billable_s real_s exit_codes[]
jobs.*.metrics: *
"""


def lines() -> list[str]:
    """Return each line whole: a long one goes on in the next, which begins with spaces."""
    return SHAPE.replace("\n    ", " ").splitlines()
