"""Asks Parallax about each request of your application: middleware for ASGI (FastAPI, Starlette), and a hook for Flask.

    parallax = Parallax("http://127.0.0.1:8080", identity=lambda request: request.headers.get("x-api-key"))
    app.add_middleware(ParallaxMiddleware, parallax=parallax)      # FastAPI, Starlette
    parallax.init_flask(app)                                       # Flask

An allowed request reaches your application, and its answer gets the X-RateLimit headers. A limited one gets 429 with
Retry-After. If there is no verdict, the caller gets 503, or the request passes with `fail_open=True`. A request that
Parallax does not accept, such as one with an empty identifier, gets 400 and never passes.

This file in order: verdicts; the exchange with the service; `Parallax`; response times; ASGI; Flask; the verdicts of
flask-limiter and slowapi. It needs the standard library only.
"""

import asyncio, atexit, inspect, ipaddress, itertools, json, logging, os, secrets, socket, ssl, threading, time
from collections import deque
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

__version__ = "0.1.0"
__all__ = ["Control", "Parallax", "ParallaxMiddleware", "Request", "Verdict", "address"]
log = logging.getLogger("parallax_client")


@dataclass(frozen=True)
class Control:
    """What your own limiter has just said. Parallax compares it, and enforces it while control is enforced."""

    allowed: bool
    limited_by: str | None = None  # the window that refused
    remaining: int | None = None
    limit: int | None = None
    retry_after_ms: int | None = None
    at_ms: int | None = None  # when your limiter judged, in epoch milliseconds; `None` for now
    final: bool | None = None  # true if you have acted on it already: the answer is for the record only


@dataclass(frozen=True)
class Verdict:
    """200 passes, 429 is limited, 503 means that no limiter decided, 400 and 500 are faults of the question."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    code: str = ""
    message: str = ""
    is_answer: bool = False  # from Parallax, not what holds while it is away

    @property
    def passes(self) -> bool:
        return self.status == 200

    @property
    def body(self) -> bytes:
        return json.dumps({"error": {"code": self.code, "message": self.message}}).encode()


class Unanswered(Exception):
    """Parallax is away, too slow, or something else answers at its address."""


def _begin() -> None:
    """Names this process: the service keeps a model of your limiter for each. A child process has another name."""
    global _instance, _request_ids
    _instance = f"{socket.gethostname()[:32]}:{os.getpid()}:{int(time.time() * 1000)}"
    _request_ids = map(f"{secrets.token_hex(8)}-{{:x}}".format, itertools.count())


_begin()
os.register_at_fork(after_in_child=_begin)

# -- The exchange ------------------------------------------------------------------------------------------------------
# A few lines of HTTP/1.1 instead of a client library: both kinds of application share them, a time-out bounds the whole
# exchange and not each read, and a check costs a fraction of what it does with httpx (README.md has the figures).


@dataclass
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


class Stale(Unanswered):
    """The connection ended before a byte of the answer: the service had closed it."""


def _decode(data: bytes) -> Answer | None:
    """The answer in these bytes; `None` if it is not there in full."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end and len(data) < 65536:
        return None
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "")
    is_sound = end and status.startswith("HTTP/1.1 ") and status[9:12].isdecimal() and length.isdecimal()
    if not is_sound or len(length) > 7 or len(body) > int(length):
        raise Unanswered(f"what answers is not Parallax: {status[:40]!r}, Content-Length {length[:20]!r}")
    return Answer(int(status[9:12]), headers, body) if len(body) == int(length) else None


def _more(data: bytes, read: bytes) -> bytes:
    if read:
        return data + read
    raise Unanswered("the connection ended within the answer") if data else Stale("it closed the connection")


class Stream:
    """A connection of an event loop."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.close = writer.transport.abort

    async def exchange(self, request: bytes) -> Answer:
        data = b""
        try:
            self.writer.write(request)
            while not (answer := _decode(data)):
                data = _more(data, await self.reader.read(65536))
        except ConnectionError:
            _more(data, b"")
        return answer


class Connection:
    """A connection that blocks."""

    def __init__(self, place, timeout, tls):
        self.socket = socket.create_connection(place, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=place[0])
        self.close = self.socket.close

    def exchange(self, request: bytes, deadline: float) -> Answer:
        data = b""
        try:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            self.socket.sendall(request)
            while not (answer := _decode(data)):
                self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
                data = _more(data, self.socket.recv(65536))
        except ConnectionError:
            _more(data, b"")
        return answer


# -- Parallax ----------------------------------------------------------------------------------------------------------


class Parallax:
    """A Parallax service, and what your application asks it about a request.

    `identity`, `organization`, `policy`, `cost`, `control` and `skip` are values, or functions of the request (`Request`
    under ASGI, where they may be coroutines; `flask.request` under Flask). Without an identity the client's address is
    limited. What `skip` is true for passes unasked. `policy` may be a list of names. Times are in seconds.
    """

    def __init__(
        self, url="http://127.0.0.1:8080", *, identity=None, organization=None, policy=None, cost=None, control=None,
        skip=None, fail_open=False, connect_timeout=0.25, timeout=1.0, idle_connections=64, ssl_context=None,
        response_times=True, response_times_token=None,
    ):  # fmt: skip
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("url: write it like http://127.0.0.1:8080, without a user and a query")
        if not 0 < connect_timeout <= timeout:
            raise ValueError("connect_timeout and timeout: both above 0 s, and timeout no less than connect_timeout")
        self.identity, self.organization, self.policy, self.cost = identity, organization, policy, cost
        self.control, self.skip, self.fail_open = control, skip, fail_open
        self.connect_timeout, self.timeout, self.idle_connections = connect_timeout, timeout, idle_connections
        self._tls = (ssl_context or ssl.create_default_context()) if parts.scheme == "https" else None
        self._place = parts.hostname, parts.port or (443 if self._tls else 80)
        self._host, self._path = parts.netloc, parts.path.rstrip("/")
        self._idle, self._idle_of_loops = deque(), {}
        self._strategy, self._logged = None, float("-inf")
        self.times = ResponseTimes(self, response_times_token) if response_times else None

    def check(self, identifier: str, **question) -> Verdict:
        """Asks, and blocks until there is a verdict: `check("key-1", organization="acme", cost=2)`."""
        try:
            return self._judge(self._ask("/v1/check", _question(identifier, **question)), **question)
        except (Unanswered, OSError) as error:
            return self._unanswered(error, **question)

    async def check_async(self, identifier: str, **question) -> Verdict:
        """Asks on the event loop (asyncio or uvloop)."""
        try:
            request = self._request("/v1/check", _question(identifier, **question))
            async with asyncio.timeout(self.timeout):
                answer = await self._ask_async(request)
            return self._judge(answer, **question)
        except (Unanswered, OSError) as error:
            return self._unanswered(error, **question)

    def _judge(self, answer: Answer, control: Control | None = None, **_) -> Verdict:
        try:
            body = json.loads(answer.body)
            decision, fault = body.get("decision"), str((body.get("error") or {}).get("code", ""))
        except (ValueError, AttributeError, RecursionError):
            raise Unanswered(f"status {answer.status}, and the body is not one of Parallax") from None
        if decision and answer.status in (200, 429, 503):
            self._strategy = body.get("strategy")
            shown = ("x-ratelimit-", "x-rate-limit-", "retry-after")
            headers = tuple(header for header in answer.headers.items() if header[0].startswith(shown))
            if answer.status == 200 or (control and control.final):
                return Verdict(200, headers, is_answer=True)
            if answer.status == 429:
                return _limited(headers, answer.headers.get("retry-after"))
            return Verdict(503, headers, "rate_limiter_unavailable", "the rate limiter cannot decide; ask again", True)
        if answer.status in (400, 413) and fault:
            self._log("Parallax does not accept the question: %s: %s", fault, body["error"].get("message"))
            if fault.startswith(("empty_", "identifier_", "organization_", "invalid_json", "key_is_")):
                return Verdict(400, (), fault, "the identity of this request is not valid")
            return Verdict(500, (), "rate_limiter_misused", "the application asks its rate limiter wrongly; see its log")
        raise Unanswered(f"status {answer.status}, code {fault!r}")

    def _unanswered(self, error: Exception, control: Control | None = None, **_) -> Verdict:
        reason = str(error) or (f"nothing within {self.timeout} s" if isinstance(error, TimeoutError) else repr(error))
        self._log("No verdict from Parallax at %s: %s", self._host, reason)
        if control and self._strategy != "distributed_only":  # your own limiter stands in, or has acted
            wait = str(max(1, -(-(control.retry_after_ms or 0) // 1000)))
            return Verdict(200) if control.allowed or control.final else _limited((("retry-after", wait),), wait, False)
        if self.fail_open:
            return Verdict(200)
        retry = (("retry-after", "1"),)
        return Verdict(503, retry, "rate_limiter_unavailable", "the rate limiter does not answer; ask again")

    def _log(self, message: str, *arguments) -> None:
        """Logs at most every 10 s, so that an outage does not fill the log."""
        if time.monotonic() - self._logged >= 10:
            self._logged = time.monotonic()
            log.warning(message, *arguments)

    # A connection has one exchange at a time, and is kept after a good one. One that was idle for 30 s is not used: the
    # service closes it after 75 s. If it had closed one, the request is sent once more; by its `request_id` it is
    # charged once in any case.

    def _request(self, path: str, body: bytes, token: str | None = None) -> bytes:
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"POST {self._path}{path} HTTP/1.1\r\nHost: {self._host}\r\n{authorization}"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body

    def _ask(self, path: str, body: bytes, token: str | None = None) -> Answer:
        deadline, request = time.monotonic() + self.timeout, self._request(path, body, token)
        while True:
            kept = _take(self._idle)
            connection = kept or Connection(self._place, self.connect_timeout, self._tls)
            try:
                answer = connection.exchange(request, deadline)
            except BaseException as error:
                connection.close()
                if not (kept and isinstance(error, Stale)):
                    raise
            else:
                self._keep(self._idle, connection, answer)
                return answer

    async def _ask_async(self, request: bytes) -> Answer:
        idle = self._idle_of_loop(asyncio.get_running_loop())
        while True:
            stream = kept = _take(idle)
            if not kept:
                async with asyncio.timeout(self.connect_timeout):
                    stream = Stream(*await asyncio.open_connection(*self._place, ssl=self._tls))
            try:
                answer = await stream.exchange(request)
            except BaseException as error:  # also a cancelled task: what arrives then would answer another request
                stream.close()
                if not (kept and isinstance(error, Stale)):
                    raise
            else:
                self._keep(idle, stream, answer)
                return answer

    def _idle_of_loop(self, loop) -> deque:
        if loop not in self._idle_of_loops:  # a process has one loop, except in tests
            self._idle_of_loops = {one: idle for one, idle in self._idle_of_loops.items() if not one.is_closed()}
        return self._idle_of_loops.setdefault(loop, deque())

    def _keep(self, idle: deque, connection, answer: Answer) -> None:
        if answer.headers.get("connection", "").lower() != "close" and len(idle) < self.idle_connections:
            idle.append((os.getpid(), time.monotonic(), connection))
        else:
            connection.close()

    def init_flask(self, app, limiter=None) -> None:
        """Asks before each request of a Flask application; `limiter` is a flask-limiter whose verdicts are reported."""
        _init_flask(self, app, limiter)


def _question(identifier, organization=None, policy=None, cost=None, control=None) -> bytes:
    question = {"identifier": identifier, "organization": organization, "cost": cost}
    question["policies" if isinstance(policy, (list, tuple)) else "policy"] = policy
    if control:
        question["control"] = {k: v for k, v in vars(control).items() if v is not None} | {"instance": _instance}
        question["control"].setdefault("at_ms", int(time.time() * 1000))
    question["request_id"] = next(_request_ids)
    return json.dumps({name: value for name, value in question.items() if value is not None}).encode()


def _limited(headers, wait, is_answer=True) -> Verdict:
    return Verdict(429, headers, "rate_limited", f"too many requests; wait {wait} s", is_answer)


def _take(idle: deque):
    """The connection of this process that was used last; `None` if there is none."""
    while True:
        try:
            process, since, connection = idle.pop()
        except IndexError:
            return None
        if process == os.getpid() and time.monotonic() - since < 30:
            return connection
        connection.close()


# -- Response times ----------------------------------------------------------------------------------------------------


class ResponseTimes:
    """How long callers waited for your application, sent in batches by a thread of its own, once a second."""

    def __init__(self, parallax: Parallax, token: str | None):
        self._parallax, self._token = parallax, token
        self._waiting = deque(maxlen=10_000)
        self._process, self._starting = None, threading.Lock()

    def add(self, seconds: float, identifier: str, organization: str | None) -> None:
        if self._process != os.getpid():
            self._start()
        if seconds <= 600:  # the service takes no longer ones
            entry = {"milliseconds": round(seconds * 1000, 3), "identifier": identifier, "organization": organization}
            self._waiting.append(json.dumps(entry).encode())

    def _start(self) -> None:
        with self._starting:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._waiting.clear()  # in a child process: its parent sends them
                threading.Thread(target=self._run, name="parallax-response-times", daemon=True).start()
                atexit.register(self.send)

    def _run(self) -> None:
        while True:
            time.sleep(1)
            self.send()

    def send(self) -> None:
        """Sends what waits. What cannot be sent is dropped: the service judges a report by when it arrives."""
        while self._waiting:
            batch, size = [], 0
            while self._waiting and len(batch) < 1000 and size < 200_000:  # the service takes 256 KiB
                batch.append(self._waiting.popleft())
                size += len(batch[-1])
            body = b'{"response_times":[' + b",".join(batch) + b"]}"
            try:
                answer = self._parallax._ask("/v1/response-times", body, self._token)
                if answer.status != 202:
                    self._parallax._log("Response times are refused with %s: %s", answer.status, answer.body[:200])
            except (Unanswered, OSError) as error:
                self._parallax._log("Response times cannot be sent: %s", str(error) or repr(error))


# -- Who asks ----------------------------------------------------------------------------------------------------------


def address(text: str) -> str:
    """An address as Parallax's forward-auth limits it: IPv6 by its first 64 bits, which one host has for itself."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return text
    if parsed.version == 4 or parsed.ipv4_mapped:
        return str(getattr(parsed, "ipv4_mapped", parsed))
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))


def _identifier(named, client: str | None) -> str:
    if not named and not client:
        raise RuntimeError("this request has no identity and no address (a Unix socket?): set Parallax(identity=...)")
    return str(named or address(client))


def _call(function, request):
    return function(request) if callable(function) else function


def _as_control(said) -> Control | None:
    said = Control(said) if isinstance(said, bool) else said
    return replace(said, at_ms=int(time.time() * 1000)) if said and said.at_ms is None else said


# -- ASGI --------------------------------------------------------------------------------------------------------------


class Request:
    """What your functions see of an ASGI request. Of a repeated header, the first; the body is not touched."""

    def __init__(self, scope):
        self.scope, self.method, self.path = scope, scope["method"], scope["path"]
        self.client = scope["client"][0] if scope.get("client") else None
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


class ParallaxMiddleware:
    """ASGI middleware. `limiter` is a slowapi limiter whose verdicts are reported. WebSockets and lifespan pass it."""

    def __init__(self, app, parallax: Parallax, limiter=None):
        self.app, self.parallax, self.limiter = app, parallax, limiter

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, parallax, request = time.perf_counter(), self.parallax, Request(scope)

        async def value(function):
            found = _call(function, request)
            return await found if inspect.isawaitable(found) else found

        if await value(parallax.skip):
            return await self.app(scope, receive, send)
        control = _slowapi(self.limiter, scope) if self.limiter else _as_control(await value(parallax.control))
        if self.limiter and not control:  # it does not limit this request
            return await self.app(scope, receive, send)
        identifier = _identifier(await value(parallax.identity), request.client)
        question = {name: await value(getattr(parallax, name)) for name in ("organization", "policy", "cost")}
        verdict = await parallax.check_async(identifier, control=control, **question)
        ours = [(name.encode(), content.encode("latin-1")) for name, content in verdict.headers]
        is_timed = verdict.is_answer and verdict.passes and parallax.times

        async def answer(message):
            nonlocal is_timed
            if message["type"] == "http.response.start":
                names = {name for name, _ in ours}
                theirs = [header for header in message.get("headers", ()) if header[0].lower() not in names]
                is_timed = is_timed and not any(content.startswith(b"text/event-stream") for _, content in theirs)
                message = {**message, "headers": theirs + ours}
            await send(message)
            if is_timed and message["type"] == "http.response.body" and not message.get("more_body"):
                parallax.times.add(time.perf_counter() - start, identifier, question["organization"])

        if verdict.passes:
            return await self.app(scope, receive, answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(verdict.body))]
        await answer({"type": "http.response.start", "status": verdict.status, "headers": headers})
        await answer({"type": "http.response.body", "body": verdict.body})


# -- Flask -------------------------------------------------------------------------------------------------------------


def _init_flask(parallax: Parallax, app, limiter) -> None:
    import flask
    from werkzeug.exceptions import default_exceptions

    def begin():
        flask.g.parallax_start = time.perf_counter()
        flask.g.parallax_skips = bool(_call(parallax.skip, flask.request))
        if not limiter and not flask.g.parallax_skips:
            ask(_as_control(_call(parallax.control, flask.request)))

    def ask(control, refusal=None):
        request = flask.request
        identifier = _identifier(_call(parallax.identity, request), request.remote_addr)
        question = {name: _call(getattr(parallax, name), request) for name in ("organization", "policy", "cost")}
        verdict = parallax.check(identifier, control=control, **question)
        flask.g.parallax = verdict, identifier, question["organization"]
        if not verdict.passes:
            response = flask.Response(verdict.body, verdict.status, mimetype="application/json")
            error = default_exceptions[verdict.status](description=verdict.message, response=response)
            raise refusal if refusal and verdict.status == 429 else error

    def finish(response):
        verdict, *caller = flask.g.get("parallax") or (Verdict(200),)
        for name, content in verdict.headers:
            response.headers[name] = content
        if verdict.is_answer and verdict.passes and parallax.times and response.mimetype != "text/event-stream":
            start = flask.g.parallax_start
            response.call_on_close(lambda: parallax.times.add(time.perf_counter() - start, *caller))
        return response

    before = app.before_request_funcs.setdefault(None, [])
    if limiter:
        _report_flask_limiter(limiter, app, before, ask)
    before.insert(0, begin)
    app.after_request_funcs.setdefault(None, []).insert(0, finish)  # the first runs last, after flask-limiter's


# -- What your limiter said --------------------------------------------------------------------------------------------
# flask-limiter and slowapi refuse by raising, so what is wrapped is the method with which they judge a request. A
# request that they do not limit is not asked about: there is nothing to compare.


def _control(is_allowed: bool, limits) -> Control:
    """The verdict of PyPI `limits`: of the window that refused, or else of the one with the least left."""
    at_ms = int(time.time() * 1000)
    stats = [(strategy.get_window_stats(item, *key), item) for strategy, item, key in limits]
    (reset, remaining), item = min(stats, key=lambda entry: entry[0][1])
    if is_allowed:
        return Control(True, remaining=remaining, limit=item.amount, at_ms=at_ms)
    unit = item.GRANULARITY.name
    window = unit if item.multiples == 1 else f"{item.multiples}_{unit}"
    return Control(False, window, remaining, item.amount, max(0, round(reset * 1000) - at_ms), at_ms)


def _report_flask_limiter(limiter, app, before, ask) -> None:
    import flask
    from flask_limiter import RateLimitExceeded
    from flask_limiter.util import get_qualified_name

    judge = limiter._check_request_limit

    def check(callable_name=None, in_middleware=True):
        if flask.g.get("parallax_overruled"):  # flask-limiter refused, and Parallax lets the request pass
            return
        refusal, has_asked = None, "parallax" in flask.g
        try:
            judge(callable_name=callable_name, in_middleware=in_middleware)
        except RateLimitExceeded as error:
            refusal = error
        view = app.view_functions.get(flask.request.endpoint or "")
        is_decorated = view and get_qualified_name(view) in limiter._marked_for_limiting
        judges_again = in_middleware and not refusal and is_decorated
        judged = flask.g.parallax_limits = flask.g.get("parallax_limits", []) + limiter.current_limits
        limits = [limit for limit in judged if limit.breached or not refusal]
        if refusal and (has_asked or flask.g.parallax_skips):
            raise refusal
        if limits and not (has_asked or judges_again or flask.g.parallax_skips):
            ask(_control(not refusal, [(limit.limiter, limit.limit, limit.request_args) for limit in limits]), refusal)
            flask.g.parallax_overruled = bool(refusal)

    before[:] = [check if function == judge else function for function in before]
    limiter._check_request_limit = check


def _slowapi(limiter, scope) -> Control | None:
    from slowapi.errors import RateLimitExceeded
    from starlette.requests import Request as StarletteRequest
    from starlette.routing import Match

    app, request = scope["app"], StarletteRequest(scope)
    view = next((r.endpoint for r in app.routes if hasattr(r, "endpoint") and r.matches(scope)[0] == Match.FULL), None)
    name = f"{view.__module__}.{view.__name__}" if view else ""
    is_decorated = name in limiter._route_limits or name in limiter._dynamic_route_limits
    if not view or not (is_decorated or any("SlowAPI" in m.cls.__name__ for m in app.user_middleware)):
        return None
    is_allowed, request.state.view_rate_limit = True, None
    try:
        limiter._check_request_limit(request, view, not is_decorated)
    except RateLimitExceeded:
        is_allowed = False
    request.state._rate_limiting_complete = True  # slowapi does not judge it again
    limit = request.state.view_rate_limit
    return _control(is_allowed, [(limiter.limiter, *limit)]) if limit else None
