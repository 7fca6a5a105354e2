"""Runs one program and measures it: wall time, processor time, memory of all its processes."""

import contextlib
import ctypes
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# Linux: from <linux/prctl.h>.
PR_SET_CHILD_SUBREAPER = 36
SAMPLES_APART = 0.02


@dataclass
class Measured:
    # Seconds from the start of the program to its end.
    wall: float
    # Seconds of user and system time of the program and of all that it started.
    cpu: float
    # Bytes (proportional set size), all processes at the same time; None if not sampled.
    memory: int | None


class Failed(Exception):
    """The program did not do what it was asked to."""


def adopt_orphans():
    """Processes whose parent ends become children of this one, so that their time is counted."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("cannot become the reaper of orphaned processes")


def _children(pid):
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                yield from map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())


def _tree_memory(pid):
    """Proportional set size of a process and all its descendants, bytes."""
    total = sum(_tree_memory(child) for child in _children(pid))
    # A process may end while it is looked at.
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


class _Sampler(threading.Thread):
    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = pid, 0, threading.Event()

    def run(self):
        while not self.ended.wait(SAMPLES_APART):
            self.peak = max(self.peak, _tree_memory(self.pid))

    def stop(self):
        self.ended.set()
        self.join()
        return self.peak


def run(arguments, log, sample_memory):
    """Runs a program to its end. `log` is a file that gets all it says."""
    with log.open("wb") as output:
        before = time.perf_counter()
        program = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        sampler = _Sampler(program.pid) if sample_memory else None
        if sampler:
            sampler.start()
        _, status, usage = os.wait4(program.pid, 0)
        wall = time.perf_counter() - before
    program.returncode = os.waitstatus_to_exitcode(status)
    memory = sampler.stop() if sampler else None
    cpu = usage.ru_utime + usage.ru_stime
    # What it left behind, if anything.
    with contextlib.suppress(ChildProcessError):
        while True:
            _, _, usage = os.wait4(-1, 0)
            cpu += usage.ru_utime + usage.ru_stime
    if program.returncode != 0:
        said = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise Failed(f"exit code {program.returncode}: {' '.join(said)}")
    return Measured(wall, cpu, memory)
