// Asks Parallax about each request of your application: middleware for Express, or any server whose middleware takes
// (request, response, next).
//
//     import { Parallax } from "parallax-client";
//     const parallax = new Parallax({ url: "http://127.0.0.1:8080", identity: (request) => request.get("x-api-key") });
//     app.use(parallax.middleware());
//
// An allowed request reaches your application, and its answer gets the X-RateLimit headers. A limited one gets 429 with
// Retry-After. If there is no verdict, the caller gets 503, or the request passes with `failOpen: true`. A request that
// Parallax does not accept, such as one with an empty identifier, gets 400 and never passes.
//
// This file in order: `Parallax`, the exchange with the service, response times, addresses, and the verdicts of
// express-rate-limit. It needs Node 18 or newer, and no package.

import { randomBytes } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";

// The service keeps a model of your limiter for each process: name it by host, process and start.
const instance = `${hostname().slice(0, 32)}:${process.pid}:${Date.now()}`;
const session = randomBytes(8).toString("hex");
let requests = 0;

/** No verdict: Parallax is away, too slow, or something else answers at its address. */
class Unanswered extends Error {}

const limited = (headers, wait, isAnswer) => ({
  status: 429, passes: false, headers, isAnswer, code: "rate_limited", message: `too many requests; wait ${wait} s`,
});
const unavailable = (headers, isAnswer) => ({
  status: 503, passes: false, headers, isAnswer, code: "rate_limiter_unavailable",
  message: "the rate limiter gives no verdict; ask again",
});
const passing = (headers, isAnswer) => ({ status: 200, passes: true, headers, isAnswer });

/**
 * A Parallax service, and what your application asks it about a request.
 *
 * `identity`, `organization`, `policy`, `cost`, `control` and `skip` are values, or functions of the request that may
 * return a promise. Without an identity the client's address is limited. What `skip` is true for passes unasked.
 * `policy` may be a list of names. Time-outs are in milliseconds.
 */
export class Parallax {
  constructor({
    url = "http://127.0.0.1:8080", identity, organization, policy, cost, control, skip, failOpen = false,
    connectTimeout = 250, timeout = 1000, idleConnections = 64, tls = {}, responseTimes = true, responseTimesToken,
    log = console.warn,
  } = {}) {
    this.url = new URL(url);
    if (!/^https?:$/.test(this.url.protocol) || this.url.username || this.url.search) {
      throw new TypeError("url: write it like http://127.0.0.1:8080, without a user and a query");
    }
    if (!(connectTimeout > 0 && connectTimeout <= timeout)) {
      throw new TypeError("connectTimeout and timeout: both above 0 ms, and timeout no less than connectTimeout");
    }
    Object.assign(this, { identity, organization, policy, cost, control, skip, failOpen, connectTimeout, timeout, log });
    this.client = this.url.protocol === "https:" ? https : http;
    // Free connections end after 30 s, before the service closes them after 75 s.
    this.agent = new this.client.Agent({ keepAlive: true, maxFreeSockets: idleConnections, timeout: 30_000, ...tls });
    this.times = responseTimes ? new ResponseTimes(this, responseTimesToken) : undefined;
    this.lastLogged = -Infinity;
  }

  /** Asks: `(await parallax.check("key-1", { cost: 2 })).passes`. Never rejects. */
  async check(identifier, { organization, policy, cost, control } = {}) {
    const question = { identifier, organization, cost, request_id: `${session}-${(requests++).toString(16)}` };
    question[Array.isArray(policy) ? "policies" : "policy"] = policy;
    if (control) question.control = { at_ms: Date.now(), ...control, instance };
    try {
      return this.#judge(await this.ask("/v1/check", JSON.stringify(question, (_, value) => value ?? undefined)), control);
    } catch (error) {
      return this.#unanswered(error, control);
    }
  }

  #judge({ status, headers, body }, control) {
    let answer;
    try {
      answer = JSON.parse(body);
    } catch {
      throw new Unanswered(`status ${status}, and the body is not JSON`);
    }
    if (answer?.decision && [200, 429, 503].includes(status)) {
      this.strategy = answer.strategy;
      const shown = Object.fromEntries(
        Object.entries(headers).filter(([name]) => /^(x-ratelimit-|x-rate-limit-|retry-after$)/.test(name)));
      if (status === 200 || control?.final) return passing(shown, true);
      return status === 429 ? limited(shown, headers["retry-after"], true) : unavailable(shown, true);
    }
    const fault = String(answer?.error?.code ?? "");
    if ([400, 413].includes(status) && fault) {
      this.logSometimes(`Parallax does not accept the question: ${fault}: ${answer.error.message}`);
      return /^(empty_|identifier_|organization_|invalid_json|key_is_)/.test(fault)
        ? { status: 400, passes: false, headers: {}, code: fault, message: "the identity of this request is not valid" }
        : { status: 500, passes: false, headers: {}, code: "rate_limiter_misused",
            message: "the application asks its rate limiter wrongly; see its log" };
    }
    throw new Unanswered(`status ${status}, code '${fault}'`);
  }

  #unanswered(error, control) {
    this.logSometimes(`No verdict from Parallax at ${this.url.host}: ${error.message || error.code}`);
    if (control && this.strategy !== "distributed_only") {
      // Your own limiter stands in, or has acted.
      if (control.allowed || control.final) return passing({}, false);
      const wait = String(Math.max(1, Math.ceil((control.retry_after_ms ?? 0) / 1000)));
      return limited({ "retry-after": wait }, wait, false);
    }
    return this.failOpen ? passing({}, false) : unavailable({ "retry-after": "1" }, false);
  }

  /** Logs at most every 10 s, so that an outage does not fill the log. */
  logSometimes(message) {
    if (performance.now() - this.lastLogged < 10_000) return;
    this.lastLogged = performance.now();
    this.log(message);
  }

  /** Middleware for Express. */
  middleware() {
    return (request, response, next) => {
      this.#handle(request, response, performance.now()).then((passes) => passes && next(), next);
    };
  }

  async #handle(request, response, start) {
    const value = (setting) => (typeof setting === "function" ? setting(request) : setting);
    if (await value(this.skip)) return true;
    const said = await value(this.control);
    // The time is from before the lookups for the question.
    const control = said == null ? said : { at_ms: Date.now(), ...(typeof said === "boolean" ? { allowed: said } : said) };
    const client = request.ip ?? request.socket.remoteAddress;
    const named = await value(this.identity);
    if (!named && !client) throw new Error("this request has no identity and no address: set the option identity");
    const identifier = String(named || address(client));
    const question = {
      organization: await value(this.organization), policy: await value(this.policy), cost: await value(this.cost),
    };
    const verdict = await this.check(identifier, { ...question, control });
    // Set last, so that they replace those of your own limiter.
    const writeHead = response.writeHead;
    response.writeHead = function (...head) {
      for (const [name, content] of Object.entries(verdict.headers)) this.setHeader(name, content);
      return writeHead.apply(this, head);
    };
    if (!verdict.passes) {
      response.statusCode = verdict.status;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ error: { code: verdict.code, message: verdict.message } }));
    } else if (this.times && verdict.isAnswer) {
      response.once("finish", () => {
        if (String(response.getHeader("Content-Type")).startsWith("text/event-stream")) return;
        this.times.add(performance.now() - start, identifier, question.organization);
      });
    }
    return verdict.passes;
  }

  /**
   * One exchange. If the service had closed a kept connection, the request is sent once more; by its `request_id` it is
   * charged once in any case.
   */
  async ask(path, body, token) {
    const deadline = performance.now() + this.timeout;
    for (;;) {
      try {
        return await this.#exchange(path, body, token, deadline);
      } catch (error) {
        if (!error.isStale) throw error;
      }
    }
  }

  #exchange(path, body, token, deadline) {
    return new Promise((resolve, reject) => {
      const request = this.client.request(this.url, {
        agent: this.agent, method: "POST", path: this.url.pathname.replace(/\/$/, "") + path,
        headers: {
          "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body),
          ...(token && { Authorization: `Bearer ${token}` }),
        },
      });
      const giveUp = (milliseconds, what) =>
        setTimeout(() => request.destroy(new Unanswered(`${what} within ${milliseconds} ms`)), milliseconds);
      const total = giveUp(Math.max(1, deadline - performance.now()), "no answer");
      let connecting, hasAnswer = false;
      const fail = (error) => {
        clearTimeout(total);
        clearTimeout(connecting);
        error.isStale = request.reusedSocket && !hasAnswer && ["ECONNRESET", "EPIPE"].includes(error.code);
        reject(error);
      };
      request.on("socket", (socket) => {
        if (!socket.connecting) return;
        connecting = giveUp(this.connectTimeout, "no connection");
        socket.once(this.client === https ? "secureConnect" : "connect", () => clearTimeout(connecting));
      });
      request.on("error", fail);
      request.on("response", (response) => {
        hasAnswer = true;
        const parts = [];
        let size = 0;
        response.on("data", (part) => {
          parts.push(part);
          if ((size += part.length) > 1 << 20) request.destroy(new Unanswered("the answer is too long"));
        });
        response.on("error", fail);
        response.on("end", () => {
          clearTimeout(total);
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() });
        });
      });
      request.end(body);
    });
  }
}

/** How long callers waited for your application, sent in batches, once a second. */
class ResponseTimes {
  #parallax;
  #token;
  #waiting = [];
  #timer;

  constructor(parallax, token) {
    this.#parallax = parallax;
    this.#token = token;
  }

  add(milliseconds, identifier, organization) {
    if (milliseconds > 600_000 || this.#waiting.length >= 10_000) return; // the service takes no longer ones
    this.#waiting.push(JSON.stringify({ milliseconds, identifier, organization }));
    this.#timer ??= setTimeout(() => this.send(), 1000).unref();
  }

  /** Sends what waits. What cannot be sent is dropped: the service judges a report by when it arrives. */
  async send() {
    this.#timer = undefined;
    while (this.#waiting.length) {
      let size = 0, count = 0;
      while (count < Math.min(1000, this.#waiting.length) && size < 200_000) {
        size += Buffer.byteLength(this.#waiting[count++]); // the service takes 256 KiB
      }
      const batch = this.#waiting.splice(0, count);
      try {
        const answer = await this.#parallax.ask("/v1/response-times", `{"response_times":[${batch}]}`, this.#token);
        if (answer.status !== 202) {
          this.#parallax.logSometimes(`Response times are refused with ${answer.status}: ${answer.body.slice(0, 200)}`);
        }
      } catch (error) {
        this.#parallax.logSometimes(`Response times cannot be sent: ${error.message || error.code}`);
      }
    }
  }
}

/** An address as Parallax's forward-auth limits it: IPv6 by its first 64 bits, which one host has for itself. */
export function address(text) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  if (mapped) return mapped[1];
  const plain = text.split("%")[0];
  if (!isIPv6(plain)) return text;
  const [left, right] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [left, right].map((side) => (side ? side.split(":") : []));
  const groups = right === undefined ? first : [...first, ...Array(8 - first.length - last.length).fill("0"), ...last];
  return `${new URL(`http://[${groups.slice(0, 4).join(":")}::]`).hostname.slice(1, -1)}/64`;
}

/**
 * A `control` that reports what express-rate-limit said. Have it judge first and refuse nothing itself:
 *
 *     app.use(rateLimit({ windowMs: 60_000, limit: 5, handler: (request, response, next) => next() }));
 *     app.use(new Parallax({ control: expressRateLimit("minute") }).middleware());
 */
export function expressRateLimit(window, property = "rateLimit") {
  return (request) => {
    const said = request[property];
    if (!said) return undefined; // it does not limit this request
    const { limit, used, remaining, resetTime } = said;
    if (used <= limit) return { allowed: true, remaining, limit };
    const wait = resetTime ? Math.max(0, resetTime.getTime() - Date.now()) : undefined;
    return { allowed: false, limited_by: window, remaining, limit, retry_after_ms: wait };
  };
}
