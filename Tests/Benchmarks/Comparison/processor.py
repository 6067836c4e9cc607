"""Processor time for each request, under load from wrk. Requests a second would say more about wrk and the sources,
which share the cores, than about the contender."""
import re
import subprocess

from contenders import PAGE, get
from processes import PATIENCE, Failure


def microseconds_a_request(contender, connections, seconds, path=PAGE):
    """User and kernel time of the contender's processes, by requests served."""
    before = contender.cpu_seconds()
    # An answer may be slow where the machine does much else: by itself wrk calls 2 s an error.
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE}s",
               f"http://127.0.0.1:{contender.port}{path}"]
    text = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=seconds + 2 * PATIENCE).stdout
    spent = contender.cpu_seconds() - before
    if wrong := re.search("Non-2xx.*|Socket errors.*", text):
        raise Failure(f"{contender.name}: {wrong[0]}")
    return round(spent * 1e6 / int(re.search(r"(\d+) requests in", text)[1]), 1)


def gateway_requests(gateway):
    """Lists that it has answered, and requests that it has sent to sources."""
    text = get(gateway.port, "/metrics")[1].decode()

    def total(family):
        return sum(float(value) for value in re.findall(rf"^{family} (\S+)$", text, re.MULTILINE))

    return (total(r'sessions_gateway_http_requests_total\{[^}]*route="/v1/sessions"[^}]*\}'),
            total(r"sessions_gateway_upstream_requests_total\{[^}]*\}"))
