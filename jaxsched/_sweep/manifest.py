"""What a stored sweep is: written once, when its first batch is done, and compared by everybody who comes later."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from jaxsched._data.messages import brief
from jaxsched._sweep.plan import Group
from jaxsched._sweep.program import Program
from jaxsched._tables.arrow import written
from jaxsched._tables.configs import Configs


FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The identity of a sweep, and the sizes that its first worker chose.

    Attributes:
        format: the version of the format of the folder.
        versions: of the libraries, and the kind of device.
        rows: how many configurations.
        configs: a hash of them.
        programs: for each group, by what its rows share, a hash of what is computed and one of the data in it.
        metrics: for each metric, its type and its shape.
        batch_size: rows on a device at a time.
        rows_per_part: rows in a file.
        devices: of the first worker.
        halving: the rule of successive halving, if that is what it is.
    """

    format: int
    versions: Mapping[str, str]
    rows: int
    configs: str
    programs: Mapping[str, Mapping[str, str]]
    metrics: Mapping[str, Any]
    batch_size: int
    rows_per_part: int
    devices: int
    halving: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_json(self) -> bytes:
        return (json.dumps(dataclasses.asdict(self), indent=2) + "\n").encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read what `to_json` wrote; ValueError, KeyError or TypeError if it is something else."""
        held = json.loads(text)
        if held["format"] > FORMAT:
            raise ValueError(f"it is of format {held['format']}, which a later version of jaxsched writes")
        return cls(**held)

    def check(self, other: "Manifest", configs: Configs, there: Configs | None, accept_versions: bool) -> None:
        """Raise if another sweep than this one, which is stored, is to go on in its place.

        Args:
            other: what is to go on.
            configs: its configurations.
            there: those that are stored, if they can be read.
            accept_versions: whether other versions will do. What is computed cannot be compared then.
        """
        if self.configs != other.configs:
            raise ValueError(f"the store holds a sweep of other configurations: {_difference(there, configs)}.")
        changed = [
            f"{name} {self.versions.get(name, 'none')} there, {other.versions.get(name, 'none')} here"
            for name in {**self.versions, **other.versions}
            if self.versions.get(name) != other.versions.get(name)
        ]
        if changed and not accept_versions:
            rule = "the store was begun with other versions, which may give other bits (accept_versions=True goes on)"
            raise ValueError(f"{rule}: {'; '.join(changed)}.")
        if self.halving != other.halving:
            there_, here = (dict(x.halving) or "a sweep without" for x in (self, other))
            raise ValueError(f"the store holds another halving: {there_} there, {here} here.")
        if self.metrics != other.metrics:
            raise ValueError(f"the store holds other metrics: {dict(self.metrics)} there, {dict(other.metrics)} here.")
        if list(self.programs) != list(other.programs):
            here, known = list(other.programs), list(self.programs)
            raise ValueError(f"the store holds other groups: {brief(known)} there, {brief(here)} here; see `static`.")
        for group in () if changed else self.programs:
            check_program(group, self.programs[group], other.programs[group])


def check_program(group: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Raise if the hashes of a group's program differ; those of one that could not be traced are empty."""
    for what, kind in (("code", "another program"), ("data", "the same program with other data in it")):
        if there["code"] and here["code"] and there[what] != here[what]:
            raise ValueError(f"the store holds the results of {kind}, for {group}: begin another store.")


def versions_of(device: Any) -> dict[str, str]:
    """What may change bits: the libraries, and the kind of device."""
    found = {}
    for name in ("jaxsched", "jax", "jaxlib"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return {**found, "device": device.device_kind}


def hash_of(configs: Configs) -> str:
    """A hash of the configurations, their names and their order."""
    seen = hashlib.sha256()
    for name, column in configs.columns.items():
        seen.update(f"{name}:{column.dtype};".encode())
        if column.dtype == object:
            seen.update(json.dumps(written("sweep", name, column), default=repr).encode())
        else:
            seen.update(column.tobytes())
    return seen.hexdigest()


def hashes_of(groups: Sequence[Group], programs: Mapping[int, Program]) -> dict[str, dict[str, str]]:
    """For each group, hashes of its program; empty if it has none, because it could not be traced."""
    hashes = {}
    for i, group in enumerate(groups):
        shared = (f"{name}={written('sweep', name, [entry])[0]!r}" for name, entry in group.static.items())
        program = programs.get(i)
        found = (program.code, program.data) if program else ("", "")
        hashes[", ".join(shared) or "all rows"] = dict(zip(("code", "data"), found, strict=True))
    return hashes


def _difference(there: Configs | None, here: Configs) -> str:
    """The first of the differences of two tables."""
    if there is None:
        return "their hashes differ"
    if list(there.columns) != list(here.columns):
        return f"the columns are {list(there.columns)} there, {list(here.columns)} here"
    if len(there) != len(here):
        return f"there are {len(there)} rows there, {len(here)} here"
    for name, column in here.columns.items():
        entries = written("sweep", name, column) if column.dtype == object else column
        for i, (stored, own) in enumerate(zip(there[name], entries, strict=True)):
            if stored != own and not (stored != stored and own != own):  # NaN is NaN
                return f"`{name}` in row {i} is {brief(stored)} there, {brief(own)} here"
    return "their types differ"
