import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { describe, test } from "node:test";
import { address, expressRateLimit, Parallax } from "../parallax-client.mjs";
import {
  allow, allowed, chain, eventually, express, limit, reply, send, standStill, withApplication, withFake, withService,
} from "./support.mjs";

// The answers are wanted, however busy the machine is.
const quiet = { log: () => {}, responseTimes: false, timeout: 20_000, connectTimeout: 20_000 };
const hello = (request, response) => response.end("hello");
const code = (answer) => JSON.parse(answer.body).error.code;
const statuses = (answers) => answers.map((answer) => answer.status);

async function sendTimes(times, url, options) {
  const answers = [];
  for (let number = 0; number < times; number++) answers.push(await send(url, options));
  return answers;
}

test("with the service", async (context) => {
  const key = (request) => request.headers["x-api-key"];
  let count = 0;
  const caller = () => ({ "X-API-Key": `node-${count++}` });

  await withService(async (service) => {
    const withParallax = (options, body, application = hello) => {
      const parallax = new Parallax({ url: service.url, identity: key, ...quiet, ...options });
      return withApplication(chain(parallax.middleware(), application), (url) => body(url, parallax));
    };

    await context.test("allowed and limited requests get the headers", () =>
      withParallax({}, async (url) => {
        const answers = await sendTimes(6, url, { headers: caller() });
        assert.deepEqual(statuses(answers), [200, 200, 200, 200, 200, 429]);
        assert.equal(answers[0].headers["x-ratelimit-remaining"], "4");
        assert.equal(answers[0].headers["x-rate-limit-backend"], "memory-legacy");
        assert.equal(answers[0].body, "hello");
        assert.equal(code(answers[5]), "rate_limited");
        assert.ok(Number(answers[5].headers["retry-after"]) > 3500);
      }));

    await context.test("without an identity the address is limited", () =>
      withParallax({ identity: undefined, organization: "by address" }, async (url) => {
        assert.deepEqual(statuses(await sendTimes(6, url)), [200, 200, 200, 200, 200, 429]);
      }));

    await context.test("odd identities are callers of their own", () =>
      withParallax({}, async (_, parallax) => {
        for (const name of ['"n', "\\n", "n\0", "né", "n日本", '","cost":0,"n":"', "n".repeat(256)]) {
          const verdicts = [];
          for (let number = 0; number < 6; number++) verdicts.push(await parallax.check(name));
          assert.deepEqual(statuses(verdicts), [200, 200, 200, 200, 200, 429], name);
        }
        assert.equal((await parallax.check("\ud800")).status, 400);
        assert.equal((await parallax.check("")).code, "empty_identifier");
      }));

    await context.test("an identity that is too long gets 400 and never passes", () =>
      withParallax({ failOpen: true }, async (url) => {
        const answer = await send(url, { headers: { "X-API-Key": "x".repeat(257) } });
        assert.deepEqual([answer.status, code(answer)], [400, "identifier_too_long"]);
      }));

    await context.test("a cost that no window allows is the application's fault", () =>
      withParallax({ cost: async () => 6, failOpen: true }, async (url) => {
        assert.equal(code(await send(url, { headers: caller() })), "rate_limiter_misused");
      }));

    await context.test("the body is left to the application", () =>
      withParallax({}, async (url) => {
        const answer = await send(url, { headers: caller(), method: "POST", body: "x".repeat(300_000) });
        assert.equal(answer.body, "300000");
      }, async (request, response) => {
        let size = 0;
        for await (const part of request) size += part.length;
        response.end(String(size));
      }));

    await context.test("one connection serves many requests", () =>
      withParallax({}, async (url) => {
        const before = await service.metric("parallax_http_connections_opened_total");
        for (let number = 0; number < 50; number++) await send(url, { headers: caller() });
        assert.equal(await service.metric("parallax_http_connections_opened_total"), before + 2);
      }));

    await context.test("requests at once are judged each by itself", () =>
      withParallax({}, async (url) => {
        await Promise.all(Array.from({ length: 12 }, async () => {
          const headers = caller();
          const answers = await Promise.all(Array.from({ length: 7 }, () => send(url, { headers })));
          assert.deepEqual(statuses(answers).sort(), [200, 200, 200, 200, 200, 429, 429]);
        }));
      }));

    await context.test("response times of what passed arrive", () =>
      withParallax({ responseTimes: true }, async (url) => {
        const name = 'parallax_application_response_seconds_count{strategy="hybrid"}';
        const before = await service.metric(name);
        await sendTimes(7, url, { headers: caller() });
        await eventually("five response times", async () => (await service.metric(name)) === before + 5);
      }));

    await context.test("a service that stands still ends the wait, and one that goes on is asked again", () =>
      withParallax({ timeout: 3000, connectTimeout: 3000 }, async (url) => {
        await standStill(service.process, async () => {
          assert.equal((await send(url, { headers: caller() })).status, 503);
        });
        await eventually("a verdict again", async () => (await send(url, { headers: caller() })).status === 200);
      }));

    await context.test("Express asks before a route, and its answer has the headers", { skip: express ? false : "Express is not installed" }, async () => {
      const parallax = new Parallax({ url: service.url, identity: (request) => request.get("x-api-key"), ...quiet });
      const application = express();
      application.use((request, response, next) => (response.set("X-RateLimit-Limit", "1"), next()));
      application.use(parallax.middleware());
      application.post("/echo", express.json(), (request, response) => response.json(request.body));
      await withApplication(application, async (url) => {
        const headers = { ...caller(), "Content-Type": "application/json" };
        const answers = await sendTimes(6, `${url}/echo`, { headers, method: "POST", body: '{"a":1}' });
        assert.deepEqual(statuses(answers), [200, 200, 200, 200, 200, 429]);
        assert.deepEqual([answers[0].body, answers[0].headers["x-ratelimit-limit"]], ['{"a":1}', "5"]);
      });
    });
  });
});

describe("the service is away", () => {
  const ask = (url, options) => {
    const parallax = new Parallax({ url, ...quiet, timeout: 300, connectTimeout: 300, ...options });
    return withApplication(chain(parallax.middleware(), hello), (application) => send(application));
  };

  test("a refused connection gives 503, or passes as configured", async () => {
    const unused = net.createServer().listen(0, "127.0.0.1");
    await once(unused, "listening");
    const url = `http://127.0.0.1:${unused.address().port}`;
    await new Promise((resolve) => unused.close(resolve));
    const answer = await ask(url);
    assert.deepEqual([answer.status, code(answer)], [503, "rate_limiter_unavailable"]);
    assert.equal(answer.headers["retry-after"], "1");
    assert.equal((await ask(url, { failOpen: true })).status, 200);
  });

  const raw = (text) => (response) => response.socket.end(text);
  for (const [name, answer] of Object.entries({
    "that hangs": () => {},
    "that closes": (response) => response.socket.destroy(),
    "with half of its body": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "that is a page": reply(200, "<html>"),
    "that is a list": reply(200, "[]"),
    "that is null": reply(200, "null"),
    "without a decision": reply(200, "{}"),
    "of a proxy": reply(502, "Bad Gateway"),
    "that is shutting down": reply(503, '{"error": {"code": "shutting_down", "message": "m"}}'),
    "with an error in words": reply(400, '{"error": "no"}'),
    "that is not HTTP": raw("SSH-2.0-OpenSSH\r\n\r\n"),
    "that is too long": reply(200, "x".repeat(2 << 20)),
  })) {
    test(`an answer ${name} is an outage`, () => withFake([answer], async (fake) => {
      assert.equal((await ask(fake.url)).status, 503);
      assert.equal((await ask(fake.url, { failOpen: true })).status, 200);
    }));
  }

  test("a 503 that Parallax decided on never passes", () =>
    withFake([reply(503, { ...allowed, decision: "unavailable" }, { "Retry-After": "2" })], async (fake) => {
      const answer = await ask(fake.url, { ...quiet, failOpen: true });
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "2"]);
    }));

  test("a connection that the service had closed is replaced, and the question is the same", () => {
    // It reads the second question of a connection, and closes without a byte of an answer.
    const close = (response) => response.socket.destroy();
    return withFake([allow, close, allow], async (fake) => {
      const parallax = new Parallax({ url: fake.url, ...quiet });
      assert.equal((await parallax.check("me")).status, 200);
      assert.equal((await parallax.check("me")).status, 200);
      assert.deepEqual([fake.connections, fake.asked.length], [2, 3]);
      assert.equal(fake.asked[1].request_id, fake.asked[2].request_id);
    });
  });
});

describe("reports", () => {
  test("express-rate-limit's verdict is reported, and the answer enforced", () =>
    withFake([allow, limit, allow], async (fake) => {
      let used = 0;
      const rateLimit = (request, response, next) => {
        used++;
        request.rateLimit = {
          limit: 1, used, remaining: Math.max(0, 1 - used), resetTime: new Date(Date.now() + 60_000), key: "k",
        };
        next();
      };
      const parallax = new Parallax({ url: `${fake.url}/behind`, control: expressRateLimit("minute"), ...quiet });
      await withApplication(chain(rateLimit, parallax.middleware(), hello), async (url) => {
        assert.deepEqual(statuses(await sendTimes(3, url)), [200, 429, 200]);
      });
      const [first, second] = fake.asked;
      assert.equal(first.path, "/behind/v1/check");
      assert.match(first.control.instance, new RegExp(`:${process.pid}:\\d{13}$`));
      assert.ok(Math.abs(first.control.at_ms - Date.now()) < 60_000);
      assert.deepEqual([first.control.allowed, first.control.remaining, first.control.limit], [true, 0, 1]);
      assert.deepEqual([second.control.allowed, second.control.limited_by], [false, "minute"]);
      assert.ok(second.control.retry_after_ms > 50_000);
    }));

  test("your own limiter stands in, unless only Redis may decide", async () => {
    for (const [strategy, expected] of [["legacy", [200, 429, 200]], ["distributed_only", [503, 503, 503]]]) {
      await withFake([reply(200, { ...allowed, strategy }), reply(502, "")], async (fake) => {
        const parallax = new Parallax({ url: fake.url, ...quiet });
        await parallax.check("me");
        const verdicts = [];
        for (const control of [{ allowed: true }, { allowed: false, retry_after_ms: 1200 }, { allowed: false, final: true }]) {
          verdicts.push(await parallax.check("me", { control }));
        }
        assert.deepEqual(statuses(verdicts), expected);
        if (strategy === "legacy") assert.equal(verdicts[1].headers["retry-after"], "2");
      });
    }
  });

  test("a final report is not enforced", () => withFake([limit], async (fake) => {
    const parallax = new Parallax({ url: fake.url, ...quiet });
    assert.equal((await parallax.check("me", { control: { allowed: false, final: true } })).passes, true);
    assert.equal((await parallax.check("me", { control: { allowed: false } })).passes, false);
  }));

  test("a question has only what was given", () => withFake([allow], async (fake) => {
    const parallax = new Parallax({ url: fake.url, ...quiet });
    await parallax.check("me");
    await parallax.check("me", { organization: "o", policy: ["default", "login"], cost: 0 });
    const [first, second] = fake.asked.map(({ path, headers, request_id, ...asked }) => asked);
    assert.deepEqual(first, { identifier: "me" });
    assert.deepEqual(second, { identifier: "me", organization: "o", policies: ["default", "login"], cost: 0 });
  }));

  test("batches of response times stay within what the service takes", () =>
    withFake([reply(202, {})], async (fake) => {
      const { times } = new Parallax({ url: fake.url, log: () => {}, timeout: 20_000, responseTimesToken: "a secret of 16+ bytes" });
      for (let number = 0; number < 2100; number++) times.add(10, "\u{1f600}".repeat(64));
      times.add(600_001, "too long for the service");
      await times.send();
      const sizes = fake.asked.map(({ response_times }) => response_times.length);
      assert.equal(sizes.reduce((sum, size) => sum + size), 2100);
      assert.ok(Math.max(...sizes) <= 1000);
      for (const { headers } of fake.asked) {
        assert.ok(Number(headers["content-length"]) <= 256 * 1024);
        assert.equal(headers.authorization, "Bearer a secret of 16+ bytes");
      }
    }));
});

describe("by itself", () => {
  test("an address is what one host has for itself", () => {
    for (const [text, expected] of Object.entries({
      "192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
      "2001:DB8::1": "2001:db8::/64", "::1": "::/64", "fe80::1%eth0": "fe80::/64", "a socket": "a socket",
    })) assert.equal(address(text), expected);
  });

  test("a setting that makes no sense is refused", () => {
    for (const options of [{ url: "127.0.0.1:8080" }, { url: "http://user:secret@h/" }, { timeout: 100 }]) {
      assert.throws(() => new Parallax(options), TypeError);
    }
  });

  test("what a function of the application throws is passed on", async () => {
    const parallax = new Parallax({ identity: () => { throw new Error("mine"); }, ...quiet });
    await withApplication(chain(parallax.middleware(), hello), async (url) => {
      const answer = await send(url);
      assert.deepEqual([answer.status, answer.body], [500, "mine"]);
    });
  });
});
