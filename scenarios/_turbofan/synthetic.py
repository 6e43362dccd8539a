"""Turbofan runs of our own, in NASA's file format, for machines without NASA's files.

The degradation model follows the published one in outline (Saxena, Goebel, Simon, Eklund: "Damage propagation
modeling for aircraft engine run-to-failure simulation", PHM 2008); levels are round figures near the
published ones, no row is copied:

- Wear. An engine starts with a little wear, different for each, and its damage d grows exponentially from
  there to 1, where it fails: d(c) = w + (1 - w) (e^(k c/T) - 1) / (e^k - 1) at cycle c of a life of T
  cycles. T is lognormal, k (how sudden the end is) normal, w uniform.
- Faults. The compressor wears (FD001, FD002), or in some engines the fan does (FD003, FD004), which moves
  several sensors the other way and lasts longer.
- Flight conditions. One (FD001, FD003) or six, drawn anew each cycle. Temperatures, pressures, speeds and
  flows follow the standard atmosphere, so that the condition moves a sensor far more than wear does.
- Sensors. 21, named as in C-MAPSS: level in the condition x (1 + response x damage) + noise, printed with
  the number of decimals of the original. Seven of them hardly move, as there.
- Test engines are cut at a moment uniform over their life (but not before FIRST_CUT); RUL is what was left.

It is data to exercise a pipeline, not to judge a model by: see docs/explanation/turbofan-data.md.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson
from numpy.typing import NDArray

from harness.errors import ScenarioError
from scenarios._turbofan.data import SUBSETS, UNIT, Subset, Table, Turbofan, rul_csv

UNITS = 60
FIRST_CUT = 20

# Altitude in 1,000 ft, Mach number, throttle angle: the six conditions of the publication.
CONDITIONS = np.array(
    [
        [0.0, 0.0, 100.0],
        [10.0, 0.25, 100.0],
        [20.0, 0.7, 100.0],
        [25.0, 0.62, 60.0],
        [35.0, 0.84, 100.0],
        [42.0, 0.84, 100.0],
    ]
)
_SETTING_NOISE = np.array([0.002, 0.0003, 0.0])
_SETTING_DECIMALS = (4, 4, 1)


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor: its level on the ground, what it follows, and how wear moves it."""

    name: str
    level: float
    follows: str  # temperature, pressure, speed, flow or nothing
    decimals: int
    noise: float  # standard deviation, relative to the level
    compressor: float = 0.0  # relative change at failure by a worn compressor
    fan: float = 0.0  # the same by a worn fan


SENSORS = (
    Sensor("T2", 518.67, "temperature", 2, 0.0),
    Sensor("T24", 642.0, "temperature", 2, 0.0006, 0.0040, 0.0036),
    Sensor("T30", 1585.0, "temperature", 2, 0.0033, 0.0150, 0.0120),
    Sensor("T50", 1400.0, "temperature", 2, 0.0032, 0.0260, 0.0220),
    Sensor("P2", 14.62, "pressure", 2, 0.0),
    Sensor("P15", 21.6, "pressure", 2, 0.0001),
    Sensor("P30", 554.0, "pressure", 2, 0.0009, -0.0070, 0.0190),
    Sensor("Nf", 2388.0, "speed", 2, 0.00002, 0.0001, 0.0001),
    Sensor("Nc", 9050.0, "speed", 2, 0.0010, 0.0050, 0.0120),
    Sensor("epr", 1.3, "nothing", 2, 0.0),
    Sensor("Ps30", 47.3, "pressure", 2, 0.0033, 0.0220, 0.0180),
    Sensor("phi", 522.0, "pressure", 2, 0.0008, -0.0065, 0.0180),
    Sensor("NRf", 2388.0, "nothing", 2, 0.00002, 0.0001, 0.0001),
    Sensor("NRc", 8130.0, "nothing", 2, 0.0010, 0.0040, 0.0130),
    Sensor("BPR", 8.42, "nothing", 4, 0.0028, 0.0170, -0.0150),
    Sensor("farB", 0.03, "nothing", 2, 0.0),
    Sensor("htBleed", 392.0, "temperature", 0, 0.0026, 0.0160, 0.0130),
    Sensor("Nf_dmd", 2388.0, "speed", 0, 0.0),
    Sensor("PCNfR_dmd", 100.0, "nothing", 2, 0.0),
    Sensor("W31", 38.9, "flow", 2, 0.0030, -0.0180, 0.0170),
    Sensor("W32", 23.35, "flow", 4, 0.0030, -0.0180, 0.0170),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes one subset: how many flight conditions, how many engines of a hundred have the fan fault."""

    conditions: int
    fan_ratio: float
    median_life: float
    life_spread: float


RECIPES = {
    "FD001": Recipe(1, 0.0, 200.0, 0.22),
    "FD002": Recipe(6, 0.0, 200.0, 0.22),
    "FD003": Recipe(1, 0.45, 230.0, 0.30),
    "FD004": Recipe(6, 0.45, 230.0, 0.30),
}
_SHORTEST_LIFE, _LONGEST_LIFE = 120, 600


def generate(seed: int = 0, *, units: int = UNITS) -> Turbofan:
    """Return a data set of four subsets with *units* train and as many test engines each.

    The same *seed* and *units* give the same numbers. Raises ScenarioError for fewer than 2 units.
    """
    if units < 2:
        raise ScenarioError(
            f"units is {units}: a synthetic turbofan data set needs at least 2 engines a file"
        )
    source = f"synthetic, seed {seed}, {units} engines a file"
    return Turbofan(source, tuple(_subset(name, seed, number, units) for number, name in enumerate(SUBSETS)))


def write(directory: Path | str, *, seed: int = 0, units: int = UNITS) -> Turbofan:
    """Write the data set of *seed* to *directory* as NASA names and formats it, and return it.

    The folder appears whole or not at all, so that two programs of one run may both ask for it. A folder that
    is there already is left as it is.
    """
    folder = Path(directory)
    turbofan = generate(seed, units=units)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        made = Path(beside) / "data"
        save(turbofan, made)
        _rename(made, folder)
    return turbofan


def save(turbofan: Turbofan, folder: Path) -> None:
    """Write the twelve files of *turbofan* to *folder*, which is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for subset in turbofan.subsets:
        (folder / f"train_{subset.name}.txt").write_bytes(as_text(subset.train))
        (folder / f"test_{subset.name}.txt").write_bytes(subset.test_text)
        (folder / f"RUL_{subset.name}.txt").write_bytes(rul_csv(subset))


def _rename(made: Path, folder: Path) -> None:
    """Give *made* the name *folder*, unless something is there: another process may have been faster."""
    try:
        made.rename(folder)
    except OSError as error:
        if not folder.is_dir():
            raise ScenarioError(f"{folder} cannot be written: {error.strerror}") from error


def as_text(table: Table) -> bytes:
    """Return *table* as lines of numbers separated by blanks; whole columns print without decimals."""
    whole = {0, 1, *(5 + number for number, sensor in enumerate(SENSORS) if sensor.decimals == 0)}
    columns = [
        (column.astype(np.int64) if number in whole else column).tolist()
        for number, column in enumerate(table.T)
    ]
    rows = orjson.dumps(list(zip(*columns, strict=True)))
    return rows[2:-2].replace(b"],[", b"\n").replace(b",", b" ") + b"\n"


def _subset(name: str, seed: int, number: int, units: int) -> Subset:
    recipe = RECIPES[name]
    train, _ = _engines(recipe, np.random.default_rng([seed, number, 0]), units)
    # A stream of its own for the cuts, so that the engines do not depend on where they are cut.
    lived, lives = _engines(recipe, np.random.default_rng([seed, number, 1]), units)
    moment = np.random.default_rng([seed, number, 2]).random(units)
    cut = np.clip(np.ceil(moment * lives), FIRST_CUT, lives - 1)
    test = lived[lived[:, 1] <= cut[lived[:, UNIT].astype(np.int64) - 1]]
    return Subset(name, train, test, lives - cut, as_text(test))


def _engines(recipe: Recipe, rng: np.random.Generator, units: int) -> tuple[Table, NDArray[np.float64]]:
    """Return the rows of *units* engines from first flight to failure, and the length of each life."""
    fan = rng.random(units) < recipe.fan_ratio
    # A fan that wears lets the engine fly about a quarter longer.
    life = recipe.median_life * np.exp(rng.normal(0.0, recipe.life_spread, units)) * np.where(fan, 1.25, 1.0)
    lives = np.clip(np.round(life), _SHORTEST_LIFE, _LONGEST_LIFE)
    sudden, wear = rng.normal(4.5, 0.5, units), rng.uniform(0.0, 0.08, units)

    engine = np.repeat(np.arange(units), lives.astype(np.int64))
    first = np.concatenate([[0.0], np.cumsum(lives)[:-1]])
    cycle = np.arange(len(engine)) - first[engine] + 1.0
    grown = np.expm1(sudden[engine] * cycle / lives[engine]) / np.expm1(sudden[engine])
    damage = wear[engine] + (1.0 - wear[engine]) * grown

    condition = CONDITIONS[rng.integers(0, recipe.conditions, len(engine))]
    settings = condition + rng.normal(0.0, 1.0, condition.shape) * _SETTING_NOISE
    sensors = _sensors(condition, damage, fan[engine], rng)
    settings = np.column_stack([settings[:, n].round(digits) for n, digits in enumerate(_SETTING_DECIMALS)])
    # Adding 0.0 turns -0.0 into 0.0.
    return np.column_stack([engine + 1.0, cycle, settings, sensors]) + 0.0, lives


def _sensors(
    condition: NDArray[np.float64],
    damage: NDArray[np.float64],
    fan: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return what the 21 sensors read, rounded as they are printed."""
    factors = _factors(condition)
    noise = rng.normal(0.0, 1.0, (len(damage), len(SENSORS)))
    readings = np.empty_like(noise)
    for number, sensor in enumerate(SENSORS):
        response = np.where(fan, sensor.fan, sensor.compressor)
        level = sensor.level * factors[sensor.follows]
        reading = level * (1.0 + response * damage + sensor.noise * noise[:, number])
        readings[:, number] = reading.round(sensor.decimals)
    return readings


def _factors(condition: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return, for each row, how much each kind of sensor reads compared with the ground.

    The standard atmosphere (temperature falls by 0.6875 % of its ground value a 1,000 ft up to 36,089 ft,
    pressure with its power 5.256, and exponentially above), the ram effect of the Mach number, the throttle.
    """
    altitude, mach, throttle = condition.T
    lower = np.minimum(altitude, 36.089)
    still_temperature = 1.0 - 0.00687535 * lower
    still_pressure = still_temperature**5.2559 * np.exp((lower - altitude) / 20.806)
    ram = 1.0 + 0.2 * mach**2
    temperature, pressure = still_temperature * ram, still_pressure * ram**3.5
    power = 0.8 + 0.2 * throttle / 100.0
    return {
        "temperature": temperature * power,
        "pressure": pressure * power**2,
        "speed": np.sqrt(temperature) * power,
        "flow": pressure / np.sqrt(temperature) * power,
        "nothing": np.ones_like(altitude),
    }
