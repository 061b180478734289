"""Starts what the tests need on free ports of loopback: Parallax, a scripted stand-in for it, uvicorn and Flask."""

import contextlib
import http.client
import json
import logging
import os
import re
import signal
import socketserver
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("PARALLAX") or ROOT / ".build/debug/parallax")
logging.getLogger("werkzeug").setLevel(logging.ERROR)
logging.getLogger("parallax_client").setLevel(logging.ERROR)
LIMITS = {f"RATE_LIMIT_{name}": "1000" for name in ("PER_SECOND", "PER_MINUTE", "BURST")} | {"RATE_LIMIT_PER_HOUR": "5"}


# For a client whose answers a test wants, however busy the machine is.
PATIENT = {"timeout": 20, "connect_timeout": 20, "response_times": False}


class Service:
    """A `parallax serve` with a private Redis, by default with five requests an hour for each identity."""

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="parallax-client-")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        with open(f"{self.folder.name}/log", "w") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--embedded-redis", "--exit-when-stdin-closes"], cwd=self.folder.name,
                env=kept | {"HTTP_PORT": "0", "REDIS_DECISION_TIMEOUT": "8"} | LIMITS | settings,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        greeting = ""
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", greeting)):
            line = self.process.stdout.readline()
            if not line:
                log = Path(self.folder.name, "log").read_text()
                raise RuntimeError(f"{BINARY} does not serve: {greeting}{log}")
            greeting += line
        self.url, self.port = found.group(), int(found[1])

    def get(self, path):
        return send(self.port, path)

    def metric(self, name):
        for line in self.get("/metrics").body.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return 0.0

    @contextlib.contextmanager
    def standing_still(self):
        """Stops every thread of it for a while. A signal is sent before the last of them has stopped."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            threads = Path(f"/proc/{self.process.pid}/task")
            eventually("all threads stopped", lambda: all(is_stopped(thread) for thread in threads.iterdir()))
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.folder.cleanup()


def is_stopped(thread):
    return (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"


class Fake:
    """Answers as Parallax would, or as it never would, and keeps what it was asked.

    `answers` has one function for each request, the last for all that follow; it writes to the handler.
    """

    ALLOWED = {"decision": "allowed", "allowed": True, "strategy": "hybrid", "backend": "memory-legacy", "windows": []}

    def __init__(self, *answers):
        self.asked, self.connections, self.answers = [], 0, list(answers) or [allow]
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                fake.connections += 1
                while line := self.rfile.readline():
                    headers = http.client.parse_headers(self.rfile)
                    body = self.rfile.read(int(headers["Content-Length"]))
                    fake.asked.append((line.split()[1].decode(), headers, json.loads(body)))
                    answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
                    if answer(self) == "close":
                        break

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def reply(status, body, **headers):
    """Writes an answer: `reply(429, {...}, **{"Retry-After": "3"})`."""
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    def answer(handler):
        handler.wfile.write(f"HTTP/1.1 {status} OK\r\n{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)

    return answer


def raw(data, close=True):
    def answer(handler):
        handler.wfile.write(data)
        return "close" if close else None

    return answer


def hang(handler):
    """Never answers; ends when the client gives up."""
    handler.rfile.read(1)
    return "close"


allow = reply(200, Fake.ALLOWED, **{"X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "8"})
limit = reply(429, {**Fake.ALLOWED, "decision": "limited", "allowed": False}, **{"Retry-After": "7"})


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self):
        return json.loads(self.body)["error"]["code"]


def send(port, path="/", headers=None, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


@contextlib.contextmanager
def served(app):
    """An ASGI application in a real uvicorn; gives its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually("uvicorn serves", lambda: server.started or not thread.is_alive())
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def served_flask(app):
    """A Flask application in Werkzeug's threaded server; gives its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()


def eventually(what, condition, within=30):
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)
