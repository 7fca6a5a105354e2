"""Measures Lote against other programs. Started by `run`; needs Python's standard library only."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import measure
import report
from programs import FLOOR, HERE, LOTE, PYTHON, set_up
from results import Result
from tasks import ORIGIN_TASKS, TASKS, TWELVE

CACHE = HERE / ".cache"
OUTPUT = CACHE / "out"
LOG = CACHE / "log.txt"
QUALITY = 75
# A program that takes so many times as long as the fastest one is not run again, unless it is one
# of the two fastest of equal results.
FAR_BEHIND = 3
# One that is so many times slower in a task is not asked for all twelve filters of the same photos.
HOPELESS = 10
# Photos of each set whose pixels are compared with the reference.
COMPARED = {"large": 4, "few": 2, "small": 30}


def parse():
    root = HERE.parent
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures Lote against others.")
    parser.add_argument("--photos", type=Path, default=root / "input_images", metavar="DIR",
                        help="folder of JPEGs; the first 16 are used (default: input_images)")
    parser.add_argument("--lote", type=Path, default=root / "target/release/lote", metavar="FILE",
                        help="program to measure (default: target/release/lote)")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds (default: 5)")
    parser.add_argument("--jobs", type=int, default=2, help="workers of each program (default: 2)")
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="only tasks of which the name "
                        "contains one of these: " + ", ".join(task.name for task in TASKS))
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these peers and Lote")
    parser.add_argument("--with-origin", action="store_true",
                        help="also the program that Lote grew out of, on 2 photos")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", metavar="FILE",
                        help="what to write (default: bench/RESULTS.md)")  # fmt: skip
    given = parser.parse_args()
    if given.rounds < 1 or given.jobs < 1:
        parser.error("--rounds and --jobs are at least 1")
    if not given.photos.is_dir():
        parser.error(f"{given.photos} is no folder: name one with photos by --photos")
    if not given.lote.is_file():
        parser.error(f"{given.lote} is not there: run cargo build --release, or name it by --lote")
    return given


def say(text):
    print(text, file=sys.stderr, flush=True)


def in_environment(script, *arguments):
    done = subprocess.run(
        [PYTHON, HERE / script, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{script} failed")
    return json.loads(done.stdout)


def make_reference(photos, pillow):
    """Pillow's results of all filters, made once for a set of photos."""
    reference = CACHE / f"reference-{photos}-{pillow.version}"
    if not reference.is_dir():
        say(f"making the reference of {photos} …")
        partly = CACHE / "partly"
        shutil.rmtree(partly, ignore_errors=True)
        measure.run(pillow.arguments(CACHE / photos, TWELVE, partly, 2, QUALITY), LOG, False)
        partly.rename(reference)
    return reference


def warm_up(programs, left_out):
    """Runs every program on a few photos, and takes out those that fail."""
    working = []
    for program in programs:
        shutil.rmtree(OUTPUT, ignore_errors=True)
        try:
            arguments = program.arguments(CACHE / "few", ["resize"], OUTPUT, 2, QUALITY)
            measure.run(arguments, LOG, sample_memory=False)
            working.append(program)
        except (measure.Failed, OSError) as error:
            left_out[program.name] = f"does not run: {error}"
    return working


def start_of_floor(floor):
    """Seconds that the floor's program takes to process nothing."""
    nothing = CACHE / "nothing"
    nothing.mkdir(exist_ok=True)
    arguments = floor.arguments(nothing, ["sepia"], OUTPUT, 2, QUALITY)
    return min(measure.run(arguments, LOG, sample_memory=False).wall for _ in range(3))


def verify(program, task, reference, jobs):
    options = ["--floor"] if program.name == FLOOR else []
    options += ["--output", OUTPUT, "--reference", reference, "--jobs", jobs]
    options += ["--compare", COMPARED[task.photos]]
    found = in_environment("verify.py", *options, CACHE / task.photos, *task.filters)
    if found["complaints"]:
        raise measure.Failed(f"{len(found['complaints'])} outputs, first {found['complaints'][0]}")
    return found["fidelity"]


def run_once(program, task, result, number, reference, jobs):
    """One run of one program; the first one is also verified."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    for photo in (CACHE / task.photos).iterdir():
        photo.read_bytes()
    # What earlier runs wrote is not written back at this one's cost.
    os.sync()
    arguments = program.arguments(CACHE / task.photos, task.filters, OUTPUT, jobs, QUALITY)
    try:
        measured = measure.run(arguments, LOG, sample_memory=number == 0)
        if number == 0:
            result.memory = measured.memory
            result.fidelity = verify(program, task, reference, jobs)
        result.rounds[number] = measured
    except measure.Failed as failure:
        result.failure = f"failed: {failure}"
    shutil.rmtree(OUTPUT)


def without_those_far_behind(programs, results):
    def wall(program):
        return results[program.name].rounds[0].wall

    peers = sorted((p for p in programs if p.name not in (LOTE, FLOOR)), key=wall)
    rivals = [p for p in peers if results[p.name].equal][:2]
    limit = FAR_BEHIND * min((wall(p) for p in programs if p.name != FLOOR), default=0)
    return [p for p in programs if p in rivals or p.name in (LOTE, FLOOR) or wall(p) <= limit]


def hopeless(task, measured):
    """Names of the programs to spare all twelve filters, with the reason."""
    earlier = [(t, r) for t, r in measured if t.photos == task.photos and len(task.filters) > 1]
    found = {}
    for before, results in earlier:
        times = {r.program: r.median for r in results if r.rounds}
        limit = HOPELESS * min((s for name, s in times.items() if name != FLOOR), default=0)
        for name, seconds in times.items():
            if seconds > limit and name != "origin":
                found[name] = f"not run: {seconds:.1f} s in {before.title}"
    return found


def run_task(task, programs, rounds, reference, jobs):
    results = {program.name: Result(program.name) for program in programs}
    running = list(programs)
    for number in range(rounds + 1):
        # Each round begins with another program, so that no one always follows the same.
        first = number % len(running)
        for program in running[first:] + running[:first]:
            run_once(program, task, results[program.name], number, reference, jobs)
        running = [program for program in running if not results[program.name].failure]
        if number == 0:
            running = without_those_far_behind(running, results)
        if not running:
            break
    return list(results.values())


def main():
    given = parse()
    run = {
        "date": time.strftime("%Y-%m-%d"),
        "load": os.getloadavg()[0],
        # Paths are nobody's business.
        "command": " ".join(["bench/run", *(("…" if "/" in a else a) for a in sys.argv[1:])]),
        "rounds": given.rounds,
        "jobs": given.jobs,
        "quality": QUALITY,
        "far_behind": FAR_BEHIND,
    }
    measure.adopt_orphans()
    say("setting up the peers …")
    try:
        programs, left_out = set_up(given.lote, given.with_origin)
    except RuntimeError as error:
        sys.exit(f"cannot set up: {error}")
    photos = in_environment("photos.py", given.photos, CACHE)
    programs = warm_up(programs, left_out)
    for name, reason in left_out.items():
        say(f"left out: {name}: {reason}")
    by_name = {program.name: program for program in programs}
    if LOTE not in by_name or "Pillow" not in by_name:
        sys.exit("Lote and Pillow are needed in any case")
    pillow = by_name["Pillow"]
    if FLOOR in by_name:
        run["floor_start"] = start_of_floor(by_name[FLOOR])
    if given.peers:
        wanted = {name.lower() for name in given.peers} | {"lote", "origin"}
        programs = [program for program in programs if program.name.lower() in wanted]
    tasks = TASKS + (ORIGIN_TASKS if given.with_origin else [])
    if given.tasks:
        tasks = [task for task in tasks if any(part in task.name for part in given.tasks)]

    measured = []
    for task in tasks:
        say(f"{task.name} …")
        # The origin takes part where there are few photos only.
        taking_part = [p for p in programs if p.name != "origin" or task.photos == "few"]
        reference = make_reference(task.photos, pillow)
        spared = hopeless(task, measured)
        taking_part = [program for program in taking_part if program.name not in spared]
        results = run_task(task, taking_part, given.rounds, reference, given.jobs)
        results += [Result(name, failure=reason) for name, reason in spared.items()]
        measured.append((task, results))
        print("\n".join(report.task_section(task, results, photos[task.photos])), flush=True)
    print("\n".join(report.summary(measured)))
    text = report.whole(measured, photos, programs, left_out, run)
    given.results.write_text(text)
    say(f"written: {given.results}")


if __name__ == "__main__":
    main()
