"""The hook in a real Flask behind Werkzeug's threaded server, asking a real Parallax."""

import itertools
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

import flask
from parallax_client import Parallax
from support import PATIENT, Fake, Service, eventually, hang, send, served_flask

names = map("flask-{}".format, itertools.count())


def application(parallax):
    app = flask.Flask("tried")

    @app.route("/")
    def index():
        return "hello"

    @app.route("/echo", methods=["POST"])
    def echo():
        return str(len(flask.request.get_data()))

    @app.route("/stream")
    def stream():
        return iter(["a", "b"])

    @app.route("/abort")
    def abort():
        flask.abort(418)

    parallax.init_flask(app)
    return app


class WithService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service()
        cls.addClassCleanup(cls.service.stop)

    def parallax(self, **settings):
        settings = PATIENT | {"identity": lambda request: request.headers["X-Caller"]} | settings
        return Parallax(self.service.url, **settings)

    def test_allowed_and_limited_requests_get_the_headers(self):
        with served_flask(application(self.parallax())) as port:
            caller = {"X-Caller": next(names)}
            answers = [send(port, headers=caller) for _ in range(6)]
            self.assertEqual([answer.status for answer in answers], [200] * 5 + [429])
            self.assertEqual([answer.headers["X-RateLimit-Remaining"] for answer in answers], list("432100"))
            self.assertEqual((answers[0].body, answers[5].code), ("hello", "rate_limited"))
            self.assertGreater(int(answers[5].headers["Retry-After"]), 3500)

    def test_the_body_is_left_to_the_application(self):
        with served_flask(application(self.parallax())) as port:
            answer = send(port, "/echo", {"X-Caller": next(names)}, "POST", b"x" * 100_000)
            self.assertEqual(answer.body, "100000")

    def test_odd_identities_are_callers_of_their_own(self):
        parallax = self.parallax()
        for name in ('"f', "\\f", "f\x00", "fé", "f日本", '","cost":0,"f":"', "f" * 256):
            self.assertEqual([parallax.check(name).status for _ in range(6)], [200] * 5 + [429], name)
        self.assertEqual(parallax.check("\ud800").status, 400)
        self.assertEqual(parallax.check("").code, "empty_identifier")

    def test_the_page_of_the_application_for_429_is_used(self):
        app = application(self.parallax(cost=5))
        app.register_error_handler(429, lambda error: (f"slowly: {error.description}", 429))
        with served_flask(app) as port:
            caller = {"X-Caller": next(names)}
            self.assertEqual(send(port, headers=caller).status, 200)
            answer = send(port, headers=caller)
            self.assertRegex(answer.body, "slowly: too many requests; wait 3[56]")
            self.assertEqual(answer.headers["X-RateLimit-Remaining"], "0")

    def test_errors_of_the_application_stay_its_own_and_get_the_headers(self):
        with served_flask(application(self.parallax())) as port:
            answer = send(port, "/abort", {"X-Caller": next(names)})
            self.assertEqual((answer.status, answer.headers["X-RateLimit-Remaining"]), (418, "4"))

    def test_one_connection_serves_many_requests(self):
        with served_flask(application(self.parallax())) as port:
            before = self.service.metric("parallax_http_connections_opened_total")
            for _ in range(50):
                self.assertEqual(send(port, headers={"X-Caller": next(names)}).status, 200)
            self.assertEqual(self.service.metric("parallax_http_connections_opened_total"), before + 2)

    def test_requests_at_once_are_judged_each_by_itself(self):
        with served_flask(application(self.parallax())) as port, ThreadPoolExecutor(24) as pool:
            callers = [next(names) for _ in range(12)]
            asked = [caller for caller in callers for _ in range(7)]
            answers = list(pool.map(lambda caller: send(port, headers={"X-Caller": caller}).status, asked))
            for number, caller in enumerate(callers):
                own = sorted(answers[number * 7 : number * 7 + 7])
                self.assertEqual(own, [200] * 5 + [429] * 2, caller)

    def test_response_times_of_what_passed_arrive(self):
        count = 'parallax_application_response_seconds_count{strategy="hybrid"}'
        with served_flask(application(self.parallax(response_times=True))) as port:
            before = self.service.metric(count)
            caller = {"X-Caller": next(names)}
            for path in ("/", "/stream", "/abort", "/", "/", "/"):  # the last one is refused
                send(port, path, caller)
            eventually("five response times", lambda: self.service.metric(count) == before + 5)


class Away(unittest.TestCase):
    def ask(self, url, **settings):
        with served_flask(application(Parallax(url, timeout=0.3, response_times=False, **settings))) as port:
            return send(port)

    def test_a_service_that_is_away_gives_503_or_lets_pass_as_configured(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            closed, opened = self.ask(url), self.ask(url, fail_open=True)
        self.assertEqual((closed.status, closed.code), (503, "rate_limiter_unavailable"))
        self.assertEqual((closed.headers["Retry-After"], opened.status), ("1", 200))

    def test_a_service_that_hangs_ends_the_wait(self):
        fake = Fake(hang)
        self.addCleanup(fake.stop)
        self.assertEqual(self.ask(fake.url).status, 503)

    def test_a_service_that_answers_byte_by_byte_does_not_stretch_the_wait(self):
        def drip(handler):
            while not handler.server.is_stopping.wait(0.05):
                handler.wfile.write(b"H")

        import threading

        fake = Fake(drip)
        fake.server.is_stopping = threading.Event()
        self.addCleanup(fake.stop)
        self.addCleanup(fake.server.is_stopping.set)
        self.assertEqual(self.ask(fake.url).status, 503)


if __name__ == "__main__":
    unittest.main()
