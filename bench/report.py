"""Says what was measured, as Markdown."""

import os
import platform

from programs import FLOOR, LOTE
from results import EQUAL_MEAN, EQUAL_P999, ratio

MIB = 1024 * 1024


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        models = {line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")}
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{', '.join(sorted(models)) or platform.machine()}, {os.cpu_count()} cores, "
        f"{pages / 1024**3:.0f} GiB, {platform.system()} {platform.release()}"
    )


def _row(cells):
    return f"| {' | '.join(cells)} |"


def _table(head, rows):
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def _result_row(result, lote, photos):
    if result.failure:
        return [result.program, result.failure, *[""] * 7]
    count, megapixels = photos["photos"], photos["megapixels"]
    if result.program == FLOOR:
        fidelity = "no filter"
    else:
        equal = "" if result.equal else " **not equal**"
        fidelity = f"{result.mean_difference:.2f} / {result.worst_p999}{equal}"
    return [
        result.program + (" ¹" if result.once else ""),
        f"{result.fastest:.2f}",
        f"{result.median:.2f}",
        f"{result.cpu:.2f}",
        f"{count / result.median:.1f}",
        f"{megapixels / result.median:.0f}",
        f"{result.memory / MIB:.0f}",
        fidelity,
        "" if result is lote or not lote or lote.failure else f"{ratio(lote, result):.2f}",
    ]


def task_section(task, results, photos):
    head = ["program", "s, min", "s, median", "CPU s", "images/s", "MP/s", "peak MiB",
            "differs: mean / p99.9", "Lote / it"]  # fmt: skip
    lote = next((result for result in results if result.program == LOTE), None)
    ordered = sorted(results, key=lambda r: (r.program == FLOOR, r.median if r.rounds else 1e9))
    rows = [_result_row(result, lote, photos) for result in ordered]
    title = f"### {task.title}, {photos['photos']} photos, {photos['megapixels']:.0f} MP"
    return [title, "", *_table(head, rows)]


def _against(lote, other, goal):
    if other is None:
        return "–"
    reached = ratio(lote, other)
    if goal is None:
        return f"{reached:.2f}"
    return f"{reached:.2f} (goal {goal:.2f}{'' if reached <= goal else ', missed'})"


def _summary_row(task, results):
    good = {result.program: result for result in results if not result.failure}
    lote, floor = good.get(LOTE), good.get(FLOOR)
    if lote is None:
        return [f"{task.photos}: {task.title}", "–", "–", "–", "–", "–"]
    peers = [r for name, r in good.items() if name not in (LOTE, FLOOR) and r.equal]
    peer = min(peers, key=lambda result: result.median, default=None)
    return [
        f"{task.photos}: {task.title}",
        f"{lote.median:.2f}",
        f"{peer.program} {peer.median:.2f}" if peer else "–",
        _against(lote, peer, task.to_peer),
        _against(lote, floor, task.to_floor),
        f"{lote.memory / MIB:.0f}",
    ]


def summary(measured):
    head = ["task", "Lote, s", "fastest equal peer, s", "Lote / peer", "Lote / floor",
            "Lote's peak MiB"]  # fmt: skip
    return _table(head, [_summary_row(task, results) for task, results in measured])


def _floor_start(run):
    start = run.get("floor_start")
    return f"whose start takes {start:.2f} s of its times" if start else "but was left out"


def whole(measured, photos, programs, left_out, run):
    lines = [
        "# Results", "",
        f"- Machine: {machine()}",
        f"- Date: {run['date']}",
        f"- Command: `{run['command']}`",
        f"- Rounds: {run['rounds']}; {run['jobs']} workers, JPEG quality {run['quality']}, 4:2:0; "
        f"load average at the start {run['load']:.1f}, at the end {os.getloadavg()[0]:.1f}",
        "- Programs: " + ", ".join(f"{p.name} {p.version}" for p in programs),
        *[f"- Left out: {name}: {reason}" for name, reason in left_out.items()], "",
        "## Lote against the fastest peer of equal results, and against the floor", "",
        *summary(measured),
        "Ratios are of wall times in the same round, median over the rounds; below 1 Lote is faster.",
        "The floor is C libjpeg-turbo decoding and encoding alone, in as many processes, driven from",
        f"Python, {_floor_start(run)}.", "",
        "## All programs", "",
        "Times are of the whole program, from its start to its end. CPU is user and system time of",
        "all processes. Peak is the sum of their proportional set sizes (PSS), sampled every 20 ms in",
        "a round of its own. Differences are to Pillow's results, in levels of 0 to 255 after JPEG:",
        "the mean over all filters, and the 99.9th percentile of the worst filter. *Not equal*: the",
        f"mean is above {EQUAL_MEAN}, or the 99.9th percentile of the median filter above {EQUAL_P999}.", "",
    ]  # fmt: skip
    for task, results in measured:
        lines += task_section(task, results, photos[task.photos])
    if any(result.once for _, results in measured for result in results):
        far = f"took more than {run['far_behind']} times as long as the fastest program in the round"
        lines += [f"¹ Run once: it {far}", "in which memory is sampled. The time given is that round's.", ""]
    return "\n".join(lines)
