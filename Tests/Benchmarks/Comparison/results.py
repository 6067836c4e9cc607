"""Result files: one JSON object a run, with every single value. Names lead to lists of values, one a round; the runs in
one folder are taken together, so that medians are those of all rounds."""
import glob
import json
import os
import statistics


def write(folder, name, result):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{name}.json")
    with open(path, "w") as file:
        file.write(_text(result) + "\n")
    return path


def _text(value, indent=""):
    """Objects by lines, lists in one."""
    if not isinstance(value, dict):
        return json.dumps(value)
    deeper = indent + "  "
    members = [f"{deeper}{json.dumps(name)}: {_text(member, deeper)}" for name, member in value.items()]
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


def read(path):
    """A file, or all of a folder as one."""
    paths = sorted(glob.glob(os.path.join(path, "*.json"))) if os.path.isdir(path) else [path]
    if not paths:
        raise FileNotFoundError(f"no result file in {path}")
    whole = {}
    for one in paths:
        with open(one) as file:
            add(whole, json.load(file))
    return whole


def add(whole, result):
    """Lists are joined; of anything else the first stays."""
    for name, value in result.items():
        if isinstance(value, dict):
            add(whole.setdefault(name, {}), value)
        elif isinstance(value, list):
            whole.setdefault(name, []).extend(value)
        else:
            whole.setdefault(name, value)


def middle(values):
    """Median, least, most."""
    return statistics.median(values), min(values), max(values)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def added_latency(result):
    """Milliseconds by contender: each latency without the median of the slowest source asked directly."""
    direct = statistics.median(result["latency"]["source"])
    return {name: [(value - direct) / 1000 for value in values] for name, values in result["latency"].items()}


def idle_kib_each(result, count):
    """KiB for each of so many idle connections, by contender: one value a round."""
    idle = result["memory"]["idle"]
    return {name: [(many - none) / int(count) for none, many in zip(idle["0"][name], values)]
            for name, values in idle[str(count)].items()}


def depth(result):
    """For each tenth of a walk: sessions gone before its end, and microseconds a page, one value a round."""
    walks = result["paging"]
    sessions, parts = 0, []
    for index in range(len(walks[0])):
        sessions += walks[0][index]["sessions"]
        parts.append((sessions, [walk[index]["microseconds"] / walk[index]["pages"] for walk in walks]))
    return parts


def microseconds_a_session(result):
    """Over whole walks: one value a round."""
    return [sum(part["microseconds"] for part in walk) / sum(part["sessions"] for part in walk)
            for walk in result["paging"]]
