"""What a reader asks about functions, on the first screen: throttled, failed, lost. Pure."""

from collections.abc import Iterator
from typing import Any

from reports.text import number, plural, short, significant

QUESTION = "Does every invocation get through?"
OVERRUN = 0.1  # from here on the clock was too fast for what the machine had to do
FEW = 100  # below it nobody is one of the slowest in a hundred
OUTCOMES = {
    "error": "raised an error", "timeout": "timed out", "crash": "crashed", "memory": "ran out of memory",
    "response too large": "answered too much", "init error": "failed to initialise",
}  # fmt: skip


def answer(summary: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return headline, detail and tone of the answer to QUESTION; None where no function was there."""
    found = summary.get("functions")
    if not found or "errors" not in found:  # totals of virtual time know neither throttles nor failures
        return None
    if not _attempts(found):
        return "No function was invoked", "", "plain" if summary["verdict"] == "pass" else "warn"
    bad = troubles(found)
    if not bad:
        count = found["invocations"]
        well = f"All {count:,} invocations ended well" if count > 1 else "The one invocation ended well"
        return well, " ".join(_facts(found)), "ok"
    detail = " ".join(f"{words}." for words in (*bad[1:], *_who(found), *overrun(found)))
    mended = not found["errors"] and not _lost(found) and not _to_callers(found)
    # The expectations may allow for it: then it is a fact to know, not a failure.
    return bad[0], detail, "warn" if summary["verdict"] == "pass" or mended else "bad"


def troubles(found: dict[str, Any]) -> list[str]:
    """Return what kept invocations and events from getting through, the worst first; each a headline."""
    return [words for words in (_lost(found), _throttled(found), _failed(found)) if words]


def _attempts(found: dict[str, Any]) -> int:
    count: int = found["invocations"]
    return count + throttles(found)


def throttles(found: dict[str, Any]) -> int:
    """Return how many attempts were throttled, for whatever reason."""
    return sum(found["throttles"].values())


def failures(found: dict[str, Any]) -> int:
    """Return how many invocations did not end well."""
    return sum(found["errors"].values())


def _to_callers(found: dict[str, Any]) -> int:
    return int(found["sources"].get("synchronous", {}).get("throttled", 0))


def _lost(found: dict[str, Any]) -> str:
    events = found.get("asynchronous")
    if not events or not events["lost"]:
        return ""
    accepted = plural(events["accepted"], "asynchronous event")
    return f"{events['lost']:,} of {accepted} {_was(events['lost'])} lost: no destination got a record of it"


def _throttled(found: dict[str, Any]) -> str:
    count = throttles(found)
    if not count:
        return ""
    reason = max(found["throttles"], key=lambda each: int(found["throttles"][each]))
    mostly = "" if len(found["throttles"]) == 1 else "mostly "
    return f"{count:,} of {plural(_attempts(found), 'invocation')} {_was(count)} throttled: {mostly}{reason}"


def _failed(found: dict[str, Any]) -> str:
    count = failures(found)
    if not count:
        return ""
    parts = [
        OUTCOMES.get(outcome, outcome) if of == count else f"{of:,} {OUTCOMES.get(outcome, outcome)}"
        for outcome, of in sorted(found["errors"].items(), key=lambda each: -each[1])
    ]
    return f"{count:,} of {plural(found['invocations'], 'invocation')} failed: {', '.join(parts)}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _who(found: dict[str, Any]) -> Iterator[str]:
    """Yield who was throttled, where there is anybody but callers."""
    events, batches = (
        found["sources"].get(source, {}).get("throttled", 0) for source in ("asynchronous", "event source")
    )
    if callers := _to_callers(found):
        yield f"{plural(callers, 'caller')} got a 429"
    again = [f"{events:,} of asynchronous events"] * bool(events)
    again += [f"{batches:,} of an event source"] * bool(batches)
    if again:
        whom = "the others" if callers else "them"
        yield f"Lambda tries {whom} again: {' and '.join(again)}"


def _most(times: dict[str, float]) -> str:
    return short(times["max"])


def overrun(found: dict[str, Any]) -> list[str]:
    """Return that the machine held environments longer than modelled, a sentence; none where it is little."""
    ratio = found.get("overrun_ratio", 0.0)
    if ratio < OVERRUN:
        return []
    longer = (
        f"{100 * ratio:.0f} % longer than" if ratio < 1 else f"{significant(1 + ratio, 2)} times as long as"
    )
    return [
        f"Environments were held {longer} their invocations took, since what really runs goes no faster on a "
        "fast clock: there was more at once than on AWS, so there were more cold starts and throttles"
    ]


def _facts(found: dict[str, Any]) -> Iterator[str]:
    """Yield what there is to say beside a good headline, in sentences."""
    if cold := found["cold_starts"]:
        init = found.get("init_s")
        yield f"{cold:,} began cold{f', with an initialisation of at most {_most(init)}' if init else ''}."
    if found["spillover"]:
        yield f"{found['spillover']:,} found no provisioned environment free."
    yield from (f"{words}." for words in overrun(found))
    if times := found.get("duration_s"):
        few = found["invocations"] < FEW
        yield (
            f"The slowest took {short(times['max'])}."
            if few
            else f"99 of 100 took at most {short(times['p99'])}."
        )


def key_figures(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (label, value, what it is of) for the strip on the first screen."""
    found = summary.get("functions")
    if not found or not (found["invocations"] or found.get("by_function")):
        return []
    cold = found.get("cold_starts")
    figures = [("Invocations", number(found["invocations"]), "" if cold is None else f"{cold:,} began cold")]
    if "errors" in found:
        figures.append(("Throttled", number(throttles(found)), f"of {_attempts(found):,} attempts"))
        figures.append(("Failed", number(failures(found)), "of those that ran"))
    if "peak_concurrency" in found:
        figures.append(("Most at once", number(found["peak_concurrency"]), _held_to(found)))
    if found["spillover"]:
        figures.append(("Spillover", number(found["spillover"]), "ran on demand instead"))
    if times := found.get("duration_s"):
        figures.append(("Duration p50", short(times["p50"]), f"p99 {short(times['p99'])}"))
    if events := found.get("asynchronous"):
        figures.append(("Events lost", number(events["lost"]), f"of {events['accepted']:,} asynchronous"))
    return figures


def _held_to(found: dict[str, Any]) -> str:
    held = [one.get("reserved") for one in found["by_function"].values()]
    if len(held) == 1 and held[0] is not None:
        return f"of {held[0]:,} reserved"
    return f"of {found['account_concurrency']:,} in the account"
