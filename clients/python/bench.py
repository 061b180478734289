"""Measures what the middleware adds to a request: the bare application against the same with Parallax asked first.

usage: PARALLAX=BINARY .venv/bin/python bench.py [ROUNDS [REQUESTS]]     in the environment that test.sh makes

Both applications run in a uvicorn of their own, and rounds alternate, so that what else the machine does meets both. One
caller asks over one connection, one request after the other: this is latency, not throughput.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "tests"))


def app(is_bare):
    from fastapi import FastAPI
    from parallax_client import Parallax, ParallaxMiddleware

    application = FastAPI()

    @application.get("/")
    async def index():
        return {"hello": "world"}

    if not is_bare:
        parallax = Parallax(os.environ["PARALLAX_URL"], identity=lambda request: request.headers["x-api-key"])
        application.add_middleware(ParallaxMiddleware, parallax=parallax)
    return application


def bare():
    return app(True)


def limited():
    return app(False)


def start(factory, url):
    command = [sys.executable, "-m", "uvicorn", "--factory", f"bench:{factory}", "--port", "0", "--no-access-log"]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parent, env=os.environ | {"PARALLAX_URL": url}, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "running on" in line:
            return process, int(line.split("127.0.0.1:")[1].split()[0])
    raise RuntimeError(f"uvicorn does not serve {factory}")


def measure(port, count):
    """Milliseconds of each request."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port), []
    for number in range(count):
        start = time.perf_counter()
        connection.request("GET", "/", headers={"X-API-Key": f"caller-{number % 500}"})
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - start) * 1000)
        assert answer.status == 200, answer.status
    connection.close()
    return times


def quantiles(times):
    times = sorted(times)
    return times[len(times) // 2], times[len(times) * 99 // 100]


def main(rounds=20, requests=500):
    from support import Service

    service = Service(RATE_LIMIT_PER_HOUR="1000000", RATE_LIMIT_PER_MINUTE="1000000", RATE_LIMIT_PER_SECOND="100000",
                      RATE_LIMIT_BURST="1000000")  # fmt: skip
    applications = [start(name, service.url) for name in ("bare", "limited")]
    try:
        for _, port in applications:
            measure(port, requests)  # the first ones open connections and fill caches
        times, differences = ([], []), []
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                times[which].append(measure(applications[which][1], requests))
            differences.append([b - a for a, b in zip(quantiles(times[0][-1]), quantiles(times[1][-1]))])
        print(f"{rounds} alternating rounds of {requests} requests; milliseconds")
        print(f"{'':28}{'p50':>8}{'p99':>8}")
        for name, own in zip(("bare", "with the middleware"), times):
            print(f"{name:28}%8.3f%8.3f" % quantiles(sum(own, [])))
        print(f"{'median of the differences':28}%8.3f%8.3f" % tuple(map(statistics.median, zip(*differences))))
    finally:
        for process, _ in applications:
            process.terminate()
            process.wait()
        service.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
