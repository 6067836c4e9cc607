"""Latency at a low rate: requests come at random moments, as from many clients that do not know of each other, and wait
for no answer but their own."""
import random
import selectors
import socket
import time

from processes import PATIENCE, Failure

RATE = 30  # requests a second


class Client:
    """One connection with at most one request under way."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request):
        self.answer, self.asked = b"", time.perf_counter()
        self.socket.sendall(request)

    def microseconds(self):
        """Reads what has come. None while the answer is not complete."""
        piece = self.socket.recv(1 << 18)
        now = time.perf_counter()
        if not piece:
            raise Failure("a connection was closed while an answer was awaited")
        self.answer += piece
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return None
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Failure(f"an answer was {head[:40]}")
        fields = head.lower()
        if b"transfer-encoding: chunked" in fields:
            # JSON has no line breaks outside of its white space, and these answers have none.
            complete = body.endswith(b"\r\n0\r\n\r\n")
        else:
            length = fields.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            complete = len(body) == int(length)
        return round((now - self.asked) * 1e6) if complete else None


def latencies(port, path, fields, seconds, seed):
    """Microseconds of each request, in the order of the answers; the same seed asks at the same moments."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost"] + [f"{name}: {value}" for name, value in fields.items()]
    request = "\r\n".join(lines + ["", ""]).encode()
    dice, due, schedule = random.Random(seed), 0.0, []
    while (due := due + dice.expovariate(RATE)) < seconds:
        schedule.append(due)

    free, selector, results = [Client(port) for _ in range(8)], selectors.DefaultSelector(), []
    for client in free:
        selector.register(client.socket, selectors.EVENT_READ, client)
    busy = 0

    def wait(timeout):
        """Takes what comes, for so long at most."""
        nonlocal busy
        for key, _ in selector.select(max(0, timeout)):
            taken = key.data.microseconds()
            if taken is not None:
                results.append(taken)
                free.append(key.data)
                busy -= 1

    def finish():
        deadline = time.perf_counter() + PATIENCE
        while busy:
            if time.perf_counter() > deadline:
                raise Failure(f"{busy} requests had no answer in {PATIENCE} s")
            wait(PATIENCE)

    # The contenders' connections to the sources exist then, too.
    for client in free[:]:
        client.ask(request)
    busy, free[:] = len(free), []
    finish()
    results.clear()

    start = time.perf_counter()
    for due in schedule:
        while (left := start + due - time.perf_counter()) > 0:
            wait(left)
        if not free:
            free.append(Client(port))
            selector.register(free[0].socket, selectors.EVENT_READ, free[0])
        client = free.pop()
        busy += 1
        client.ask(request)
    finish()
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return results
