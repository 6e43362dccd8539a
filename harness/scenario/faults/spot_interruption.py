"""Spot instances that EC2 takes back."""

from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.checks import check_positive
from harness.scenario.compute import MachineImage
from harness.scenario.faults.windows import check_window
from harness.scenario.faults.words import Words


@dataclass(frozen=True, slots=True)
class SpotInterruption:
    """EC2 takes back spot instances of *image*, or any, each *running_s* seconds after it was ready.

    That is when its program first looks at its metadata, or where it has none when it runs. `times` of them
    in all, none before *after_s*. `rebalance_s` is how long before its two-minute notice an instance is
    recommended to be rebalanced. `reason` is "capacity" or "price".

    *image* may be the name of a training job instead: then the capacity of that managed spot training is
    taken back, *running_s* of the job's seconds after it began to train.
    """

    KIND: ClassVar[str] = "spot interruption"
    FORM: ClassVar[str] = (
        "interrupt-spot:[AMI][:running=SECONDS][:after=SECONDS][:times=N][:rebalance=SECONDS]"
    )

    image: MachineImage | str = ""
    running_s: float = 0.0
    after_s: float = 0.0
    times: int = 1
    rebalance_s: float = 0.0
    reason: str = "capacity"

    def __post_init__(self) -> None:
        who = f"SpotInterruption of {self.image_id or 'any image'}"
        check_window(who, self.after_s, self.after_s + 1.0)
        check_positive(f"{who}: times", self.times)
        for label in ("running_s", "rebalance_s"):
            if getattr(self, label) < 0:
                raise ScenarioError(f"{who}: {label} is {getattr(self, label):g}; give 0 or more")
        if self.reason not in ("capacity", "price"):
            raise ScenarioError(f"{who}: reason is {self.reason!r}; say 'capacity' or 'price'")

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        image = words.name("AMI") if words.left else ""
        running_s, after_s = words.seconds("running", 0.0), words.seconds("after", 0.0)
        return cls(image, running_s, after_s, words.whole("times", 1), words.seconds("rebalance", 0.0))

    @property
    def image_id(self) -> str:
        """The id of the image, empty for any."""
        return self.image.id if isinstance(self.image, MachineImage) else self.image

    @property
    def names_job(self) -> bool:
        """Whether it is a training job that it hits: its name is no id of an image."""
        return bool(self.image_id) and not self.image_id.startswith("ami-")

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {self.image_id}".rstrip()

    @property
    def detail(self) -> str:
        """What happens, for people."""
        what = f"spot instances of {self.image_id}" if self.image_id else "spot instances"
        often = "once" if self.times == 1 else f"{self.times} times"
        return f"{what} are taken back {self.running_s:g} s after they were ready, {often}"
