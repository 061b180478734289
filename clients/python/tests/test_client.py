"""The client by itself: what it sends, what it keeps, and what a child process does not share."""

import asyncio
import json
import os
import unittest

from parallax_client import Control, Parallax, address
from support import PATIENT, Fake, allow, limit, reply


class Sent(unittest.TestCase):
    def setUp(self):
        self.fake = Fake()
        self.addCleanup(self.fake.stop)
        self.parallax = Parallax(self.fake.url + "/behind/", **PATIENT)

    def question(self, **question):
        self.parallax.check("me", **question)
        path, _, sent = self.fake.asked[-1]
        self.assertEqual(path, "/behind/v1/check")
        return sent

    def test_a_question_has_only_what_was_given(self):
        sent = self.question()
        self.assertRegex(sent.pop("request_id"), "^[0-9a-f-]{18,64}$")
        self.assertEqual(sent, {"identifier": "me"})
        sent = self.question(organization="o", policy="login", cost=0)
        del sent["request_id"]
        self.assertEqual(sent, {"identifier": "me", "organization": "o", "policy": "login", "cost": 0})
        sent = self.question(policy=["default", "login"])
        self.assertEqual(sent["policies"], ["default", "login"])
        self.assertNotIn("policy", sent)

    def test_a_report_names_the_process_and_when_it_judged(self):
        sent = self.question(control=Control(False, "minute", 0, 5, 1200))["control"]
        self.assertRegex(sent.pop("instance"), f":{os.getpid()}:[0-9]{{13}}$")
        self.assertGreater(sent.pop("at_ms"), 1_700_000_000_000)
        self.assertEqual(
            sent, {"allowed": False, "limited_by": "minute", "remaining": 0, "limit": 5, "retry_after_ms": 1200})
        self.assertEqual(self.question(control=Control(True, at_ms=7, final=True))["control"]["final"], True)
        self.assertEqual(self.question(control=Control(True, at_ms=7))["control"]["at_ms"], 7)

    def test_every_question_has_an_id_of_its_own_and_one_connection_serves_them(self):
        ids = {self.question()["request_id"] for _ in range(20)}
        self.assertEqual((len(ids), self.fake.connections), (20, 1))

    def test_a_child_process_has_a_name_and_connections_of_its_own(self):
        own = self.question(control=Control(True))["control"]["instance"]
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            verdict = self.parallax.check("child", control=Control(True))
            os.write(writer, str(verdict.status).encode())
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(os.read(reader, 3), b"200")
        self.assertNotEqual(self.fake.asked[-1][2]["control"]["instance"], own)
        self.assertEqual(self.fake.connections, 2)
        self.assertEqual(self.question(control=Control(True))["control"]["instance"], own)
        self.assertEqual(self.fake.connections, 2)

    def test_a_cancelled_question_leaves_its_connection_to_no_other(self):
        async def run():
            late = asyncio.create_task(self.parallax.check_async("late"))
            while not self.fake.asked:
                await asyncio.sleep(0.001)
            late.cancel()
            await asyncio.gather(late, return_exceptions=True)
            return (await self.parallax.check_async("next")).status

        import threading

        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.fake.answers = [lambda handler: go_on.wait() and limit(handler), allow]
        self.assertEqual(asyncio.run(run()), 200)
        self.assertEqual(self.fake.connections, 2)

    def test_event_loops_one_after_the_other_have_connections_of_their_own(self):
        for _ in range(3):
            self.assertEqual(asyncio.run(self.parallax.check_async("me")).status, 200)

    def test_a_setting_that_makes_no_sense_is_refused(self):
        for settings in ({"url": "127.0.0.1:8080"}, {"url": "http://user:secret@h/"}, {"timeout": 0.1}):
            with self.assertRaises(ValueError):
                Parallax(**settings)


class StandsIn(unittest.TestCase):
    """Parallax is away, and the application's own limiter has a verdict."""

    def test_the_report_is_enforced_unless_only_redis_may_decide(self):
        away = reply(502, "")
        for strategy, expected in (("legacy", [200, 429, 200]), ("distributed_only", [503, 503, 503])):
            fake = Fake(reply(200, {**Fake.ALLOWED, "strategy": strategy}), away)
            self.addCleanup(fake.stop)
            parallax = Parallax(fake.url, **PATIENT)
            parallax.check("me")
            reports = [Control(True), Control(False, retry_after_ms=1200), Control(False, final=True)]
            verdicts = [parallax.check("me", control=report) for report in reports]
            self.assertEqual([verdict.status for verdict in verdicts], expected)
            if strategy == "legacy":
                self.assertEqual(verdicts[1].headers, (("retry-after", "2"),))

    def test_a_final_report_is_not_enforced(self):
        fake = Fake(limit)
        self.addCleanup(fake.stop)
        parallax = Parallax(fake.url, **PATIENT)
        self.assertEqual(parallax.check("me", control=Control(False, final=True)).status, 200)
        self.assertEqual(parallax.check("me", control=Control(False)).status, 429)


class Times(unittest.TestCase):
    def test_batches_stay_within_what_the_service_takes_and_name_the_reporter(self):
        fake = Fake(reply(202, {"counted": 1, "ignored": 0}))
        self.addCleanup(fake.stop)
        times = Parallax(fake.url, timeout=20, response_times_token="a secret of 16+ bytes").times
        for number in range(2100):
            times.add(0.01, "\U0001f600" * 64 if number % 2 else str(number), None)
        times.add(601, "too long for the service", None)
        times.send()
        sizes = [int(headers["Content-Length"]) for _, headers, _ in fake.asked]
        entries = [body["response_times"] for *_, body in fake.asked]
        self.assertEqual(sum(map(len, entries)), 2100)
        self.assertLessEqual(max(sizes), 256 * 1024)
        self.assertLessEqual(max(map(len, entries)), 1000)
        self.assertEqual({headers["Authorization"] for _, headers, _ in fake.asked}, {"Bearer a secret of 16+ bytes"})
        self.assertEqual(json.dumps(entries[0][0]), '{"milliseconds": 10.0, "identifier": "0", "organization": null}')


class Addresses(unittest.TestCase):
    def test_an_address_is_what_one_host_has_for_itself(self):
        for text, expected in {
            "192.0.2.7": "192.0.2.7",
            "::ffff:192.0.2.7": "192.0.2.7",
            "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
            "::1": "::/64",
            "fe80::1%eth0": "fe80::/64",
            "testclient": "testclient",
        }.items():
            self.assertEqual(address(text), expected)


if __name__ == "__main__":
    unittest.main()
