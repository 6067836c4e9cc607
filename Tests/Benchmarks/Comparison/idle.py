"""Memory while connections are open that ask nothing."""
import resource
import socket

from processes import PATIENCE, Failure

COUNTS = [1000, 5000]
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def allow_descriptors():
    """For this process and what it starts."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def memory_by_connections(contender):
    """KiB resident with none (after some have come and gone), and with each of COUNTS, which all have asked once."""
    held = []

    def hold(count):
        while len(held) < count:
            held.append(socket.create_connection(("127.0.0.1", contender.port), PATIENCE))
            held[-1].sendall(REQUEST)
            # A peer that has no such page says 404, which is as short an answer.
            if not held[-1].recv(4096).startswith(b"HTTP/1.1 "):
                raise Failure(f"{contender.name} did not answer on connection {len(held)}")
        return contender.settled_kib()

    def drop():
        for connection in held:
            connection.close()
        held.clear()

    hold(20)
    drop()
    result = {"0": contender.settled_kib()}
    for count in COUNTS:
        result[str(count)] = hold(count)
    drop()
    return result
