// Starts what the tests need on free ports of loopback: Parallax, a scripted stand-in for it, and an application.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const binary = process.env.PARALLAX || join(root, ".build/debug/parallax");

/** Express as Debian installs it, or in the folder that EXPRESS names; `undefined` if there is none. */
export const express = (() => {
  try {
    return createRequire(join(process.env.EXPRESS || "/usr/share/nodejs", "/"))("express");
  } catch {
    return undefined;
  }
})();

/** A `parallax serve` with a private Redis and five requests an hour for each identity. */
export async function withService(body) {
  const folder = await mkdtemp(join(tmpdir(), "parallax-client-"));
  const kept = Object.fromEntries(["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].map((name) => [name, process.env[name]]));
  const limits = Object.fromEntries(["PER_SECOND", "PER_MINUTE", "BURST"].map((name) => [`RATE_LIMIT_${name}`, "1000"]));
  const service = spawn(binary, ["serve", "--embedded-redis", "--exit-when-stdin-closes"], {
    cwd: folder, stdio: ["pipe", "pipe", "ignore"],
    env: { ...kept, ...limits, RATE_LIMIT_PER_HOUR: "5", HTTP_PORT: "0", REDIS_DECISION_TIMEOUT: "8" },
  });
  const ended = once(service, "exit");
  try {
    for await (const line of createInterface({ input: service.stdout })) {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) return await body({ url, process: service, metric: (name) => metric(url, name) });
    }
    throw new Error(`${binary} does not serve`);
  } finally {
    service.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
}

/** Stops every thread of a process for a while. A signal is sent before the last of them has stopped. */
export async function standStill(process, body) {
  const threads = `/proc/${process.pid}/task`;
  process.kill("SIGSTOP");
  try {
    await eventually("all threads stopped", async () => {
      const states = (await readdir(threads)).map((thread) => readFile(join(threads, thread, "stat"), "utf8"));
      return (await Promise.all(states)).every((state) => /\) T [^)]*$/.test(state));
    });
    await body();
  } finally {
    process.kill("SIGCONT");
  }
}

async function metric(url, name) {
  const { body } = await send(url + "/metrics");
  const line = body.split("\n").find((line) => line.startsWith(name + " "));
  return line ? Number(line.split(" ").at(-1)) : 0;
}

/**
 * Answers as Parallax would, or as it never would, and keeps what it was asked.
 *
 * @param answers A function of the response for each request, the last for all that follow.
 */
export async function withFake(answers, body) {
  const fake = { asked: [], connections: 0 };
  const server = http.createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    fake.asked.push({ path: request.url, headers: request.headers, ...JSON.parse(text) });
    (answers.length > 1 ? answers.shift() : answers[0])(response);
  });
  server.on("connection", () => fake.connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  fake.url = `http://127.0.0.1:${server.address().port}`;
  try {
    return await body(fake);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export const reply = (status, body, headers = {}) => (response) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
};
export const allowed = { decision: "allowed", allowed: true, strategy: "hybrid", backend: "memory-legacy", windows: [] };
export const allow = reply(200, allowed, { "X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "8" });
export const limit = reply(429, { ...allowed, decision: "limited", allowed: false }, { "Retry-After": "7" });

/** Runs (request, response, next) functions one after the other, as Express does. */
export const chain = (...functions) => (request, response) => {
  const run = (index) => (error) => {
    if (error) {
      response.statusCode = 500;
      return response.end(String(error.message));
    }
    functions[index](request, response, run(index + 1));
  };
  run(0)();
};

/** Serves an application, a function of request and response, and gives its URL. */
export async function withApplication(application, body) {
  const server = http.createServer(application).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await body(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export function send(url, { headers = {}, method = "GET", body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, async (response) => {
      let text = "";
      for await (const part of response.setEncoding("utf8")) text += part;
      resolve({ status: response.statusCode, headers: response.headers, body: text });
    });
    request.on("error", reject);
    request.end(body);
  });
}

export async function eventually(what, condition) {
  for (const end = Date.now() + 30_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
