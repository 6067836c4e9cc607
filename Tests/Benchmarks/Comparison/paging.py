"""What a page costs the deeper one goes: a walk from the newest session to the oldest."""
import http.client
import json
import urllib.parse

from processes import PATIENCE, Failure

LIMIT = 200
PARTS = 10


def walk(gateway):
    """One entry for each tenth of the pages: how many pages, sessions and requests to sources it had, and processor
    microseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    pages, seen, cursor = [], set(), None
    before = gateway.cpu_seconds()
    while True:
        path = f"/v1/sessions?limit={LIMIT}"
        connection.request("GET", path if cursor is None else f"{path}&cursor={urllib.parse.quote(cursor)}")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failure(f"page {len(pages)} is answered with {answer.status}")
        now = gateway.cpu_seconds()
        page = json.loads(body)
        ids = [session["id"] for session in page["data"]]
        seen.update(ids)
        requests = sum(source["upstreamRequests"] for source in page["sources"].values())
        pages.append((len(ids), requests, now - before))
        before = now
        cursor = page["page"]["nextCursor"]
        if not page["page"]["hasMore"]:
            break
    connection.close()
    if len(seen) != sum(count for count, _, _ in pages) or len(pages) < PARTS:
        raise Failure(f"a walk of {len(pages)} pages gave sessions twice")
    result = []
    for part in range(PARTS):
        some = pages[len(pages) * part // PARTS:len(pages) * (part + 1) // PARTS]
        sessions, requests, seconds = (sum(values) for values in zip(*some))
        result.append({"pages": len(some), "sessions": sessions, "requests": requests,
                       "microseconds": round(seconds * 1e6)})
    return result
