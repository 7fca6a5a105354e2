"""What was measured of one program in one task, and what follows from it."""

from dataclasses import dataclass, field
from statistics import fmean, median

# A program's results count as equal to the reference up to these differences, in levels of 0 to 255
# after JPEG: the mean over the task's filters, and the median of the filters' 99.9th percentiles.
# They let pass another way to round every sample (mean 1.2 to 1.7), another right Lanczos kernel
# (99.9 % within 11) and another rasteriser's letters, but neither resizing by area (20 to 23) nor a
# Gaussian kernel cut short (mean 2.4). The median, as some programs treat the outermost pixels
# otherwise in two of the twelve filters.
EQUAL_MEAN = 2.0
EQUAL_P999 = 15


@dataclass
class Result:
    program: str
    # By round; 0 is the one in which memory is sampled.
    rounds: dict = field(default_factory=dict)
    memory: int | None = None
    # By filter: mean and 99.9th percentile of the absolute difference to the reference.
    fidelity: dict = field(default_factory=dict)
    failure: str | None = None

    @property
    def timed(self):
        """Rounds whose times count: the undisturbed ones if there are any."""
        return {index: run for index, run in self.rounds.items() if index > 0} or self.rounds

    @property
    def once(self):
        return set(self.rounds) == {0}

    @property
    def fastest(self):
        return min(run.wall for run in self.timed.values())

    @property
    def median(self):
        return median(run.wall for run in self.timed.values())

    @property
    def cpu(self):
        return median(run.cpu for run in self.timed.values())

    @property
    def mean_difference(self):
        return fmean(one["mean"] for one in self.fidelity.values()) if self.fidelity else None

    @property
    def worst_p999(self):
        return max((one["p999"] for one in self.fidelity.values()), default=None)

    @property
    def equal(self):
        if not self.fidelity:
            return False
        p999 = median(one["p999"] for one in self.fidelity.values())
        return self.mean_difference <= EQUAL_MEAN and p999 <= EQUAL_P999


def ratio(result, other):
    """Median over the rounds of both of the ratio of wall times in the same round."""
    shared = set(result.timed) & set(other.timed) or set(result.rounds) & set(other.rounds)
    return median(result.rounds[index].wall / other.rounds[index].wall for index in shared)
