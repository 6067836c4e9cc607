"""Starts the simulated sources, and the contenders before them: on loopback, on ports that were free."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import time

from processes import PATIENCE, Failure, Program

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Peers")
PAGE = "/v1/sessions?limit=50"
# What a request at Athena's is when a contender asks for PAGE.
ATHENA_PAGE = "/api/v0/sessions?limit=52&offset=0&sort_by=created_at&sort_direction=desc"
NAMES = ["gateway", "nginx-lua", "go"]


def get(port, path, fields={}):
    """Status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Sources(Program):
    """The three simulated sources, which do not change."""

    def __init__(self, stage, *options):
        super().__init__([stage.gateway, "simulate", "--growth", "0", *options],
                         stage.environment(), stage.new_file())
        self.variables, self.fills = {}, {}
        # Each line: NAME on URL key KEY
        for line in self.lines(3):
            name, _, url, _, key = line.split()
            self.variables |= {f"{name.upper()}_BASE_URL": url, f"{name.upper()}_API_KEY": key}
            self.fills |= {f"@{name}@": url.removeprefix("http://"), f"@{name}_key@": key}
        self.athena_port = int(self.variables["ATHENA_BASE_URL"].rsplit(":", 1)[1])
        self.athena_fields = {"X-API-Key": self.variables["ATHENA_API_KEY"]}


class Contender(Program):
    """One that serves. `ready_seconds` is the time from its start to its first answer."""

    def __init__(self, name, command, environment, log, port=None):
        super().__init__(command, environment, log)
        self.name = name
        self.port = port or int(self.lines(1)[0].rsplit(":", 1)[1])
        while True:
            try:
                get(self.port, "/healthz")
                break
            except ConnectionRefusedError:
                if time.monotonic() - self.started > PATIENCE:
                    raise Failure(f"{name} does not listen; see its log: {open(log).read()}")
                time.sleep(0.0005)
        self.ready_seconds = time.monotonic() - self.started


class Stage:
    """Where everything runs: the programs, and a folder for their files that the caller removes."""

    def __init__(self, gateway, folder):
        self.gateway, self.folder, self.files = gateway, folder, 0
        # nginx drops its privileges where it has them, and reads its script then.
        os.chmod(folder, 0o755)
        self.go = os.path.join(folder, "go-aggregator")
        # Whoever runs this need not own the checkout, which git would ask for.
        subprocess.run(
            ["go", "build", "-buildvcs=false", "-o", self.go, "."], cwd=os.path.join(PEERS, "go"), check=True,
            env=os.environ | {"GOCACHE": os.path.join(folder, "go-cache")}, timeout=240)

    def new_file(self):
        self.files += 1
        return os.path.join(self.folder, str(self.files))

    def environment(self, **variables):
        ours = ("GATEWAY_", "ALCAMINE_", "ANAM_", "ATHENA_")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | variables

    def start(self, name, sources, cache_ttl="0s"):
        """With a `cache_ttl` of 0s the gateway keeps nothing and shares nothing: each answer is fetched for itself,
        whoever else asks for the same at that time."""
        if name == "gateway":
            environment = self.environment(
                GATEWAY_PORT="0", GATEWAY_AUTH="none", GATEWAY_LOG_LEVEL="error", GATEWAY_CACHE_TTL=cache_ttl,
                **sources.variables)
            return Contender(name, [self.gateway, "serve"], environment, self.new_file())
        if name == "go":
            environment = self.environment(PORT="0", **sources.variables)
            return Contender(name, [self.go], environment, self.new_file())
        return self.start_nginx(name, sources)

    def start_nginx(self, name, sources):
        # nginx cannot pick a free port itself.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        folder = self.new_file()
        os.mkdir(folder)
        with open(os.path.join(PEERS, "nginx", "nginx.conf.in")) as template:
            text = template.read()
        for mark, value in sources.fills.items():
            text = text.replace(mark, value)
        for mark, value in {
            "@folder@": folder, "@port@": str(port), "@here@": os.path.join(PEERS, "nginx"),
            "@modules@": os.environ.get("NGINX_MODULES", "/usr/lib/nginx/modules"),
        }.items():
            text = text.replace(mark, value)
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w") as file:
            file.write(text)
        command = [shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-p", folder, "-c", configuration]
        contender = Contender(name, command, self.environment(), self.new_file(), port)
        contender.folder = folder
        return contender


def check_agreement(contenders):
    """All answer the same sessions in the same order."""
    answers = {}
    for contender in contenders:
        status, body = get(contender.port, PAGE)
        if status != 200:
            raise Failure(f"{contender.name} answers {status}")
        answers[contender.name] = [session["id"] for session in json.loads(body)["data"]]
    for name, ids in answers.items():
        if len(ids) != 50 or ids != answers["gateway"]:
            raise Failure(f"{name} does not answer what the gateway does")
