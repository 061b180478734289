"""What flask-limiter and slowapi decide is reported, and Parallax's answer is what callers get."""

import asyncio
import logging
import time
import unittest

import flask
from fastapi import FastAPI, Request
from flask_limiter import Limiter as FlaskLimiter
from flask_limiter.util import get_remote_address
from parallax_client import Control, Parallax, ParallaxMiddleware
from slowapi import Limiter as SlowLimiter
from slowapi import _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIMiddleware
from support import PATIENT, Fake, allow, limit, reply, send, served, served_flask

logging.getLogger("slowapi").setLevel(logging.CRITICAL)
logging.getLogger("flask-limiter").setLevel(logging.CRITICAL)


class Flask(unittest.TestCase):
    def ask(self, path, times, *answers, settings=None, defaults=("3 per hour",), enabled=True, init_late=False,
            application_limits=()):  # fmt: skip
        """What callers get, and what was reported."""
        self.fake = Fake(*answers)
        self.addCleanup(self.fake.stop)
        self.ran = []
        app = flask.Flask("tried")
        app.config["RATELIMIT_HEADERS_ENABLED"] = True
        limiter = FlaskLimiter(get_remote_address, default_limits=list(defaults), enabled=enabled,
                               application_limits=list(application_limits))  # fmt: skip
        if not init_late:
            limiter.init_app(app)

        @app.route("/")
        def index():
            self.ran.append("/")
            return "hello"

        @app.route("/login")
        @limiter.limit("2 per day")
        @limiter.limit("5 per 2 day")
        def login():
            self.ran.append("/login")
            return "welcome"

        @app.route("/free")
        @limiter.exempt
        def free():
            return "free"

        Parallax(self.fake.url, **PATIENT, **settings or {}).init_flask(app, limiter=limiter)
        if init_late:
            limiter.init_app(app)
        with served_flask(app) as port:
            answers = [send(port, path) for _ in range(times)]
        return answers, [asked.get("control") for *_, asked in self.fake.asked]

    def test_a_default_limit_is_reported_and_the_answer_enforced(self):
        answers, reports = self.ask("/", 4, allow, allow, allow, limit)
        self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])
        self.assertEqual([report["allowed"] for report in reports], [True, True, True, False])
        self.assertEqual([report["remaining"] for report in reports], [2, 1, 0, 0])
        self.assertEqual([report["limit"] for report in reports], [3] * 4)
        self.assertEqual([report.get("limited_by") for report in reports], [None] * 3 + ["hour"])
        self.assertGreater(reports[3]["retry_after_ms"], 3_500_000)
        self.assertEqual(answers[0].headers.get_all("X-RateLimit-Limit"), ["9"])
        self.assertEqual(answers[3].headers["Retry-After"], "7")
        self.assertIn("3 per 1 hour", answers[3].body)  # flask-limiter's own page

    def test_a_limiter_that_is_initialized_after_the_hook_is_reported_too(self):
        _, reports = self.ask("/", 4, allow, init_late=True)
        self.assertEqual([report["allowed"] for report in reports], [True, True, True, False])

    def test_limits_of_a_route_are_one_report_for_each_request(self):
        answers, reports = self.ask("/login", 3, allow, allow, limit)
        self.assertEqual([answer.status for answer in answers], [200, 200, 429])
        self.assertEqual([(report["allowed"], report.get("limited_by")) for report in reports],
                         [(True, None), (True, None), (False, "day")])  # fmt: skip
        self.assertEqual([report["remaining"] for report in reports], [1, 0, 0])
        self.assertEqual(self.ran, ["/login"] * 2)

    def test_a_request_that_only_the_limiter_refuses_passes_if_parallax_says_so(self):
        answers, reports = self.ask("/login", 4, allow)
        self.assertEqual([answer.status for answer in answers], [200] * 4)
        self.assertEqual([report["allowed"] for report in reports], [True, True, False, False])
        self.assertEqual(answers[3].headers.get_all("X-RateLimit-Limit"), ["9"])

    def test_limits_of_the_application_and_of_a_route_are_one_report(self):
        answers, reports = self.ask("/login", 5, allow, application_limits=["3 per hour"])
        self.assertEqual([answer.status for answer in answers], [200] * 5)
        self.assertEqual([(report["allowed"], report.get("limited_by"), report["remaining"]) for report in reports], [
            (True, None, 1), (True, None, 0), (False, "day", 0), (False, "hour", 0), (False, "hour", 0)])  # fmt: skip
        answers, reports = self.ask("/login", 1, allow, application_limits=["1 per hour"])
        self.assertEqual((reports[0]["remaining"], reports[0]["limit"]), (0, 1))

    def test_a_request_that_only_parallax_refuses_does_not_reach_the_view(self):
        answers, reports = self.ask("/login", 1, limit)
        self.assertEqual((answers[0].status, answers[0].code, reports[0]["allowed"]), (429, "rate_limited", True))
        self.assertEqual(self.ran, [])

    def test_the_limiter_stands_in_while_parallax_is_away(self):
        answers, _ = self.ask("/", 4, reply(502, ""))
        self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])

    def test_what_is_not_limited_or_skipped_is_not_asked_about(self):
        answers, reports = self.ask("/free", 5, limit)
        self.assertEqual(([answer.status for answer in answers], reports), ([200] * 5, []))
        answers, reports = self.ask("/", 2, limit, enabled=False)
        self.assertEqual(([answer.status for answer in answers], reports), ([200] * 2, []))
        answers, reports = self.ask("/", 4, allow, settings={"skip": lambda request: True})
        self.assertEqual(([answer.status for answer in answers], reports), ([200] * 3 + [429], []))

    def test_a_report_has_the_time_of_the_verdict_and_not_of_the_question(self):
        asked = []

        def organization(request):
            asked.append(time.time() * 1000)  # such as a look into a database
            time.sleep(0.002)

        _, reports = self.ask("/", 2, allow, settings={"organization": organization})
        for report, later in zip(reports, asked):
            self.assertLessEqual(report["at_ms"], later)

    def test_an_interval_of_several_units_names_both(self):
        _, reports = self.ask("/", 2, allow, defaults=["1 per 10 second"])
        self.assertEqual(reports[1]["limited_by"], "10_second")


class SlowAPI(unittest.TestCase):
    def ask(self, path, times, *answers, middleware=True, parallax=None):
        self.fake = Fake(*answers)
        self.addCleanup(self.fake.stop)
        limiter = SlowLimiter(lambda request: request.client.host, default_limits=["3/hour"], headers_enabled=True)
        self.ran, app = [], FastAPI()
        app.state.limiter = limiter
        app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)

        @app.get("/")
        async def index(request: Request):
            self.ran.append("/")
            from fastapi.responses import PlainTextResponse

            return PlainTextResponse("hello")

        @app.get("/login/{name}")
        @limiter.limit("2/day")
        def login(request: Request, name: str):
            self.ran.append("/login")
            from fastapi.responses import PlainTextResponse

            return PlainTextResponse("welcome")

        if middleware:
            app.add_middleware(SlowAPIMiddleware)
        app.add_middleware(ParallaxMiddleware, parallax=Parallax(self.fake.url, **PATIENT), limiter=limiter)
        with served(app) as port:
            answers = [send(port, path) for _ in range(times)]
        return answers, [asked.get("control") for *_, asked in self.fake.asked]

    def test_a_decorated_route_is_reported_and_the_answer_enforced(self):
        answers, reports = self.ask("/login/ann", 3, allow, allow, limit)
        self.assertEqual([answer.status for answer in answers], [200, 200, 429])
        self.assertEqual([report["allowed"] for report in reports], [True, True, False])
        self.assertEqual([report["remaining"] for report in reports], [1, 0, 0])
        self.assertEqual((reports[2]["limited_by"], reports[2]["limit"]), ("day", 2))
        self.assertEqual(answers[0].headers.get_all("X-RateLimit-Limit"), ["9"])

    def test_default_limits_are_reported_if_the_middleware_of_slowapi_enforces_them(self):
        answers, reports = self.ask("/", 4, allow, allow, allow, limit)
        self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])
        self.assertEqual([report["allowed"] for report in reports], [True, True, True, False])
        answers, reports = self.ask("/", 4, limit, middleware=False)
        self.assertEqual(([answer.status for answer in answers], reports), ([200] * 4, []))

    def test_a_request_that_only_slowapi_refuses_passes_if_parallax_says_so(self):
        answers, reports = self.ask("/login/ann", 4, allow)
        self.assertEqual([answer.status for answer in answers], [200] * 4)
        self.assertEqual([report["allowed"] for report in reports], [True, True, False, False])

    def test_a_request_that_only_parallax_refuses_does_not_reach_the_view(self):
        answers, _ = self.ask("/login/ann", 1, limit)
        self.assertEqual((answers[0].status, self.ran), (429, []))

    def test_slowapi_stands_in_while_parallax_is_away(self):
        answers, _ = self.ask("/login/ann", 3, reply(502, ""))
        self.assertEqual([answer.status for answer in answers], [200, 200, 429])


class ByHand(unittest.TestCase):
    def test_a_limiter_of_ones_own_says_true_or_false_or_more(self):
        fake = Fake()
        self.addCleanup(fake.stop)
        said = iter([True, False, Control(False, "minute", 0, 5, 900), None])
        parallax = Parallax(fake.url, **PATIENT, control=lambda request: next(said))

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        with served(ParallaxMiddleware(app, parallax)) as port:
            self.assertEqual([send(port).status for _ in range(4)], [204] * 4)
        reports = [asked.get("control") for *_, asked in fake.asked]
        self.assertEqual([report and report["allowed"] for report in reports], [True, False, False, None])
        self.assertEqual(reports[2]["limited_by"], "minute")

    def test_its_report_has_the_time_of_the_verdict_and_not_of_the_question(self):
        fake = Fake()
        self.addCleanup(fake.stop)
        asked = []

        async def organization(request):
            asked.append(time.time() * 1000)
            await asyncio.sleep(0.002)

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        parallax = Parallax(fake.url, **PATIENT, control=lambda request: True, organization=organization)
        with served(ParallaxMiddleware(app, parallax)) as port:
            send(port)
        self.assertLessEqual(fake.asked[0][2]["control"]["at_ms"], asked[0])


if __name__ == "__main__":
    unittest.main()
