"""measure.py GATEWAY FOLDER: runs the whole comparison, prints its tables, and writes its result file into the folder,
or, where FOLDER is empty, into a new one.

Each figure is taken in rounds: the contenders take turns, in reverse order every other round, so that what else the
machine does meets all of them. The result file has every round."""
import os
import platform
import shutil
import signal
import sys
import tempfile
import time

import idle
import latency
import paging
import processor
import results
import tables
from contenders import ATHENA_PAGE, NAMES, PAGE, Sources, Stage, check_agreement, get
from processes import Failure, stop_all

QUICK = os.environ.get("QUICK", "0") not in ("", "0")
MOST_SECONDS = 540
CONNECTIONS = [1, 16, 64]


def turns(members, rounds):
    """(round, member), in reverse order every other round."""
    for number in range(rounds):
        for member in members if number % 2 == 0 else reversed(members):
            yield number, member


def say(text):
    print(f"{time.monotonic() - begun:5.0f} s  {text}", file=sys.stderr, flush=True)


def measure_starts(stage, sources):
    ready, start = {name: [] for name in NAMES}, {name: [] for name in NAMES}
    for _, name in turns(NAMES, 3 if QUICK else 7):
        contender = stage.start(name, sources)
        ready[name].append(round(contender.ready_seconds * 1000, 2))
        start[name].append(contender.settled_kib())
        contender.stop()
    return ready, start


def measure_idle(stage, sources):
    by_count = {str(count): {name: [] for name in NAMES} for count in [0, *idle.COUNTS]}
    for _, name in turns(NAMES, 1 if QUICK else 3):
        contender = stage.start(name, sources)
        for count, kib in idle.memory_by_connections(contender).items():
            by_count[count][name].append(kib)
        contender.stop()
    return by_count


def measure_processor(contenders):
    by_connections = {str(count): {name: [] for name in NAMES} for count in CONNECTIONS}
    for name in NAMES:
        processor.microseconds_a_request(contenders[name], 16, 1)  # to warm up
    before = processor.gateway_requests(contenders["gateway"])
    rounds, seconds = (1, 1) if QUICK else (5, 2)
    for _, (count, name) in turns([(count, name) for count in CONNECTIONS for name in NAMES], rounds):
        cost = processor.microseconds_a_request(contenders[name], count, seconds)
        by_connections[str(count)][name].append(cost)
        say(f"{name}: {cost:.0f} us/request at {count} connections")
    after = processor.gateway_requests(contenders["gateway"])
    return by_connections, (after[1] - before[1]) / (after[0] - before[0])


def measure_cached(stage, sources, nginx):
    """Beside nginx, which sends the bytes of the same answer from a file."""
    gateway = stage.start("gateway", sources, cache_ttl="10m")
    get(gateway.port, PAGE)
    answer = get(gateway.port, PAGE)[1]
    with open(os.path.join(nginx.folder, "answer.json"), "wb") as file:
        file.write(answer)
    if get(nginx.port, "/answer.json") != (200, answer):
        raise Failure("nginx does not send the file")
    costs = {"gateway": [], "nginx-file": []}
    for _, name in turns(list(costs), 1 if QUICK else 5):
        contender, path = (gateway, PAGE) if name == "gateway" else (nginx, "/answer.json")
        costs[name].append(processor.microseconds_a_request(contender, 16, 1 if QUICK else 2, path))
        say(f"{name}: {costs[name][-1]:.1f} us/request, cached")
    gateway.stop()
    return costs, len(answer)


def measure_latency(stage):
    sources = Sources(stage, "--latency", "alcamine=20ms", "--latency", "anam=40ms", "--latency", "athena=60ms")
    targets = {name: (stage.start(name, sources).port, PAGE, {}) for name in NAMES}
    targets["source"] = (sources.athena_port, ATHENA_PAGE, sources.athena_fields)
    values = {name: [] for name in targets}
    for number, name in turns(list(targets), 1 if QUICK else 3):
        say(f"{name}: latency at {latency.RATE} requests/s")
        values[name] += latency.latencies(*targets[name], seconds=3 if QUICK else 8, seed=number)
    return values


def measure_paging(stage):
    sources = Sources(stage, "--sessions", "20000")
    gateway = stage.start("gateway", sources, cache_ttl="2s")
    walks = []
    for _ in range(1 if QUICK else 5):
        walks.append(paging.walk(gateway))
        say(f"{sum(part['sessions'] for part in walks[-1])} sessions gone through")
    return walks


def measure(stage):
    sources = Sources(stage)
    ready, start = measure_starts(stage, sources)
    by_count = measure_idle(stage, sources)
    contenders = {name: stage.start(name, sources) for name in NAMES}
    check_agreement(contenders.values())
    by_connections, asked = measure_processor(contenders)
    peak = {name: [contender.memory_kib("VmHWM")] for name, contender in contenders.items()}
    cached, cached_bytes = measure_cached(stage, sources, contenders["nginx-lua"])
    stop_all()
    values = measure_latency(stage)
    stop_all()
    walks = measure_paging(stage)
    return {
        "machine": {"system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count()},
        "processor": by_connections, "upstreamRequestsAnAnswer": [round(asked, 3)],
        "cached": cached, "cachedBytes": cached_bytes,
        "latency": values, "ready": ready,
        "memory": {"start": start, "peak": peak, "idle": by_count},
        "paging": walks,
    }


def give_up(number, _):
    raise Failure(f"took more than {MOST_SECONDS} s" if number == signal.SIGALRM else "terminated")


if __name__ == "__main__":
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MOST_SECONDS)
    idle.allow_descriptors()
    folder = tempfile.mkdtemp()
    try:
        result = measure(Stage(sys.argv[1], folder))
        print(tables.everything(result))
        name = time.strftime("comparison-%Y%m%dT%H%M%SZ", time.gmtime())
        target = sys.argv[2] or tempfile.mkdtemp(prefix="comparison-")
        print(f"\nwritten: {results.write(target, name, result)}")
    except Failure as failure:
        sys.exit(f"compare: {failure}")
    finally:
        stop_all()
        shutil.rmtree(folder)
