"""The ASGI middleware in a real uvicorn, in front of FastAPI, asking a real Parallax."""

import asyncio
import itertools
import json
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from parallax_client import Parallax, ParallaxMiddleware
from support import PATIENT, Fake, Service, eventually, hang, limit, raw, reply, send, served
from websockets.sync.client import connect

names = map("caller-{}".format, itertools.count())


def key(request):
    return request.headers.get("x-api-key")


def application(parallax, events=None):
    async def lifespan(app):
        if events is not None:
            events.append("started")
        yield
        if events is not None:
            events.append("ended")

    from contextlib import asynccontextmanager

    app = FastAPI(lifespan=asynccontextmanager(lifespan))

    @app.get("/")
    def index():
        return {"hello": "world"}

    @app.post("/echo")
    async def echo(request: Request):
        return {"length": len(await request.body())}

    @app.get("/stream")
    def stream():
        return StreamingResponse(iter(["a", "b"]), media_type="text/plain")

    @app.get("/fails")
    def fails():
        raise ValueError("the application's own fault")

    @app.websocket("/socket")
    async def web_socket(socket: WebSocket):
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    app.add_middleware(ParallaxMiddleware, parallax=parallax)
    return app


class WithService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service()
        cls.addClassCleanup(cls.service.stop)

    def parallax(self, **settings):
        return Parallax(self.service.url, **PATIENT | {"identity": key} | settings)

    def test_an_allowed_request_reaches_the_application_and_its_answer_gets_the_headers(self):
        with served(application(self.parallax())) as port:
            answer = send(port, headers={"X-API-Key": next(names)})
            self.assertEqual((answer.status, json.loads(answer.body)), (200, {"hello": "world"}))
            self.assertEqual(answer.headers["X-RateLimit-Remaining"], "4")
            self.assertEqual(answer.headers["X-RateLimit-Type"], "hour")
            self.assertEqual(answer.headers["X-Rate-Limit-Backend"], "memory-legacy")
            self.assertIsNone(answer.headers["Retry-After"])

    def test_a_limited_request_gets_429_with_the_headers(self):
        with served(application(self.parallax())) as port:
            caller = next(names)
            answers = [send(port, headers={"X-API-Key": caller}) for _ in range(6)]
            self.assertEqual([answer.status for answer in answers], [200] * 5 + [429])
            self.assertEqual(answers[5].code, "rate_limited")
            self.assertEqual(answers[5].headers["X-RateLimit-Remaining"], "0")
            self.assertGreater(int(answers[5].headers["Retry-After"]), 3500)
            self.assertEqual(answers[5].headers["Content-Type"], "application/json")

    def test_without_an_identity_the_address_is_limited(self):
        with served(application(self.parallax(identity=None, organization="by address"))) as port:
            self.assertEqual([send(port).status for _ in range(6)], [200] * 5 + [429])

    def test_the_functions_of_a_request_may_be_coroutines(self):
        async def organization(request):
            await asyncio.sleep(0)
            return request.headers["x-tenant"]

        with served(application(self.parallax(organization=organization, cost=lambda request: 5))) as port:
            caller = next(names)
            statuses = [send(port, headers={"X-API-Key": caller, "X-Tenant": t}).status for t in ("a", "a", "b")]
            self.assertEqual(statuses, [200, 429, 200])

    def test_what_is_skipped_is_not_asked_about(self):
        with served(application(self.parallax(skip=lambda request: request.path == "/"))) as port:
            caller = next(names)
            answers = [send(port, headers={"X-API-Key": caller}) for _ in range(6)]
            self.assertEqual([answer.status for answer in answers], [200] * 6)
            self.assertIsNone(answers[0].headers["X-RateLimit-Limit"])

    def test_odd_identities_are_callers_of_their_own(self):
        odd = ['"', "\\", "\x00", "é", "日本", '","cost":0,"x":"', "}", "a" * 256]
        parallax = self.parallax()

        async def ask():
            return [[(await parallax.check_async(name)).status for _ in range(6)] for name in odd]

        self.assertEqual(asyncio.run(ask()), [[200] * 5 + [429]] * len(odd))

    def test_a_header_as_identity_is_taken_byte_by_byte(self):
        with served(application(self.parallax())) as port:
            for header in (b"k\xe9y", b"k\xeay", b'"\\{}'):
                statuses = [send(port, headers={"X-API-Key": header}).status for _ in range(6)]
                self.assertEqual(statuses, [200] * 5 + [429], header)

    def test_an_identity_that_is_too_long_gets_400_and_never_passes(self):
        with served(application(self.parallax(fail_open=True))) as port:
            answer = send(port, headers={"X-API-Key": "x" * 257})
            self.assertEqual((answer.status, answer.code), (400, "identifier_too_long"))

    def test_a_cost_that_no_window_allows_is_the_applications_fault(self):
        with served(application(self.parallax(cost=6, fail_open=True))) as port:
            answer = send(port, headers={"X-API-Key": next(names)})
            self.assertEqual((answer.status, answer.code), (500, "rate_limiter_misused"))

    def test_the_body_is_left_to_the_application(self):
        with served(application(self.parallax())) as port:
            answer = send(port, "/echo", {"X-API-Key": next(names)}, "POST", b"x" * 300_000)
            self.assertEqual(json.loads(answer.body), {"length": 300_000})

    def test_a_websocket_and_the_lifespan_pass_untouched(self):
        events = []
        with served(application(self.parallax(), events)) as port:
            before = self.service.metric("parallax_http_connections_opened_total")
            with connect(f"ws://127.0.0.1:{port}/socket") as websocket:
                websocket.send("hello")
                self.assertEqual(websocket.recv(), "hello")
            # Only the reading of the metrics has opened one.
            self.assertEqual(self.service.metric("parallax_http_connections_opened_total"), before + 1)
        self.assertEqual(events, ["started", "ended"])

    def test_one_connection_serves_many_requests(self):
        with served(application(self.parallax())) as port:
            before = self.service.metric("parallax_http_connections_opened_total")
            for _ in range(50):
                self.assertEqual(send(port, headers={"X-API-Key": next(names)}).status, 200)
            self.assertEqual(self.service.metric("parallax_http_connections_opened_total"), before + 2)

    def test_requests_at_once_are_judged_each_by_itself(self):
        with served(application(self.parallax())) as port, ThreadPoolExecutor(24) as pool:
            callers = [next(names) for _ in range(12)]
            asked = [caller for caller in callers for _ in range(7)]
            answers = list(pool.map(lambda caller: send(port, headers={"X-API-Key": caller}).status, asked))
            for number, caller in enumerate(callers):
                own = sorted(answers[number * 7 : number * 7 + 7])
                self.assertEqual(own, [200] * 5 + [429] * 2, caller)

    def test_response_times_of_what_passed_arrive(self):
        count = 'parallax_application_response_seconds_count{strategy="hybrid"}'
        with served(application(self.parallax(response_times=True))) as port:
            before = self.service.metric(count)
            caller = next(names)
            for path in ("/", "/", "/stream", "/", "/", "/", "/"):  # the last two are refused
                send(port, path, {"X-API-Key": caller})
            eventually("five response times", lambda: self.service.metric(count) == before + 5)

    def test_what_the_application_raises_is_its_own(self):
        with served(application(self.parallax())) as port:
            answer = send(port, "/fails", {"X-API-Key": next(names)})
            self.assertEqual((answer.status, answer.body), (500, "Internal Server Error"))

    def test_an_identity_that_is_missing_with_the_address_is_an_error_of_its_own(self):
        async def run():
            scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}
            await ParallaxMiddleware(None, self.parallax())(scope, None, None)

        with self.assertRaisesRegex(RuntimeError, "no identity"):
            asyncio.run(run())


class Away(unittest.TestCase):
    def ask(self, url, **settings):
        with served(application(Parallax(url, **{"timeout": 0.3, "response_times": False} | settings))) as port:
            return send(port)

    def test_a_service_that_is_away_gives_503_and_not_429(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            answer = self.ask(f"http://127.0.0.1:{unused.getsockname()[1]}")
            self.assertEqual((answer.status, answer.code), (503, "rate_limiter_unavailable"))
            self.assertEqual(answer.headers["Retry-After"], "1")
            self.assertIsNone(answer.headers["X-RateLimit-Limit"])

    def test_a_service_that_is_away_lets_pass_if_it_fails_open(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            answer = self.ask(f"http://127.0.0.1:{unused.getsockname()[1]}", fail_open=True)
            self.assertEqual((answer.status, answer.headers["X-RateLimit-Limit"]), (200, None))

    def test_a_service_that_stands_still_ends_the_wait_and_one_that_goes_on_is_asked_again(self):
        service = Service()
        self.addCleanup(service.stop)
        with served(application(Parallax(service.url, identity=key, timeout=3, response_times=False))) as port:
            self.assertEqual(send(port, headers={"X-API-Key": "a"}).status, 200)
            with service.standing_still():
                self.assertEqual(send(port, headers={"X-API-Key": "a"}).status, 503)
            eventually("a verdict again", lambda: send(port, headers={"X-API-Key": "b"}).status == 200)

    def test_what_is_not_an_answer_of_parallax_is_an_outage(self):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        for name, answer in {
            "hangs": hang,
            "half": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
            "closes": raw(b""),
            "page": reply(200, "<html>hello</html>"),
            "list": reply(200, "[]"),
            "object": reply(200, "{}"),
            "error in words": reply(400, '{"error": "no"}'),
            "nested": reply(200, "[" * 100_000),
            "Latin-1": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"\xe9\""),
            "other 503": reply(503, '{"error": {"code": "shutting_down", "message": "m"}}'),
            "502": reply(502, "Bad Gateway"),
            "404": reply(404, '{"error": {"code": "not_found", "message": "m"}}'),
            "chunked": raw(chunked),
            "no HTTP": raw(b"SSH-2.0-OpenSSH\r\n\r\n"),
            "too long": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}"),
            "flood": raw(b"x" * 100_000),
        }.items():
            with self.subTest(name):
                fake = Fake(answer)
                self.addCleanup(fake.stop)
                self.assertEqual(self.ask(fake.url).status, 503)
                self.assertEqual(self.ask(fake.url, fail_open=True).status, 200)

    def test_a_503_that_parallax_decided_on_never_passes(self):
        body = {"decision": "unavailable", "allowed": False, "reason": "redis_down", "strategy": "distributed_only"}
        fake = Fake(reply(503, body, **{"Retry-After": "2", "X-Rate-Limit-Backend": "redis-distributed"}))
        self.addCleanup(fake.stop)
        answer = self.ask(fake.url, fail_open=True, **PATIENT)
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "2"))

    def test_a_connection_that_the_service_had_closed_is_replaced_and_the_question_is_the_same(self):
        def last(handler):
            reply(200, Fake.ALLOWED)(handler)
            return "close"

        fake = Fake(last)
        self.addCleanup(fake.stop)
        with served(application(Parallax(fake.url, **PATIENT))) as port:
            self.assertEqual([send(port).status for _ in range(4)], [200] * 4)
        self.assertEqual((fake.connections, len({asked["request_id"] for *_, asked in fake.asked})), (4, 4))

    def test_headers_of_the_verdict_replace_those_of_the_application(self):
        from starlette.responses import PlainTextResponse

        fake = Fake(reply(200, Fake.ALLOWED, **{"X-RateLimit-Limit": "9"}))
        self.addCleanup(fake.stop)
        app = PlainTextResponse("hello", headers={"X-RateLimit-Limit": "1", "X-Own": "2"})
        with served(ParallaxMiddleware(app, Parallax(fake.url, **PATIENT))) as port:
            answer = send(port)
            self.assertEqual((answer.headers.get_all("X-RateLimit-Limit"), answer.headers["X-Own"]), (["9"], "2"))


if __name__ == "__main__":
    unittest.main()
