"""The results as tables in Markdown."""
import results


def table(head, rows):
    first, *others = ("| " + " | ".join(line) + " |" for line in [head, *rows])
    return "\n".join([first, "|" + "---|" * len(head), *others])


def spread(values, digits=0):
    """Median (least to most)."""
    median, least, most = results.middle(values)
    return f"{median:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def processor(result):
    by_connections = result["processor"]
    rows = []
    for name in by_connections["1"]:
        row = [name]
        for values in by_connections.values():
            ratio = results.middle(values["gateway"])[0] / results.middle(values[name])[0]
            row += [spread(values[name]), f"{ratio:.3f}"]
        rows.append(row)
    head = ["CPU us/request"]
    for count in by_connections:
        head += [f"{count} connection{'s' * (count != '1')}", "gateway / it"]
    return table(head, rows)


def cached(result):
    ours, file = result["cached"]["gateway"], result["cached"]["nginx-file"]
    ratio = results.middle(ours)[0] / results.middle(file)[0]
    return table(["CPU us/request, 16 connections", "gateway, cached", "nginx, a file", "ratio"],
                 [[f"{result['cachedBytes']} bytes", spread(ours, 1), spread(file, 1), f"{ratio:.2f}"]])


def latency(result):
    rows = []
    for name, values in results.added_latency(result).items():
        shares = [f"{results.quantile(values, share):.2f}" for share in (0.5, 0.9, 0.99)]
        rows.append([name, *shares, str(len(values))])
    return table(["added latency, ms", "p50", "p90", "p99", "requests"], rows)


def memory(result):
    start, peak = result["memory"]["start"], result["memory"]["peak"]
    each = {count: results.idle_kib_each(result, count) for count in result["memory"]["idle"] if count != "0"}
    rows = []
    for name in start:
        mebibytes = [spread([value / 1024 for value in values[name]], 1) for values in (start, peak)]
        rows.append([name, *mebibytes, *(spread(values[name], 2) for values in each.values()),
                     spread(result["ready"][name], 1)])
    return table(["", "RSS at start, MiB", "peak under load, MiB",
                  *(f"KiB each of {int(count):,} idle connections" for count in each), "ms from start to ready"], rows)


def paging(result):
    parts = results.depth(result)
    pages, requests = (sum(part[kind] for part in result["paging"][0]) for kind in ("pages", "requests"))
    return table(["sessions", *(f"{sessions:,}" for sessions, _ in parts)],
                 [["CPU us/page", *(f"{results.middle(values)[0]:.0f}" for _, values in parts)]]) + (
        f"\n\n{pages} pages, {requests} requests to sources; "
        f"CPU us/session: {spread(results.microseconds_a_session(result), 1)}")


def everything(result):
    parts = [processor(result), cached(result), latency(result), memory(result), paging(result)]
    asked = results.middle(result["upstreamRequestsAnAnswer"])[0]
    parts.append(f"Requests to sources for each answer of the gateway, uncached: {asked:.2f}")
    return "\n\n".join(parts)
