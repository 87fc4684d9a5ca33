"""Python's websockets as an independent peer: it walks through spec/wire.md by hand, against a server that runs.

Usage: peer.py WEBSOCKET-URL SIGN-IN-URL. One line of JSON per walk: {"name": …, "ok": …, "error": …, "secrets": […]}.
"""

import asyncio
import inspect
import json
import sys
import traceback
import urllib.request
import uuid

import websockets

URL, SIGN_IN = sys.argv[1:3]
ASK = {"type": "ask", "text": "Where does my AI spend go?"}
HISTORY = {"type": "history"}
WALKS = []
SECRETS = []  # What was given to anybody here: no log may hold it.


def walk(function):
    WALKS.append(function)
    return function


def new_token():
    """A user of its own, by the calls that the page makes."""

    def post(path, body, cookie=""):
        request = urllib.request.Request(SIGN_IN + path, json.dumps(body).encode(), {"content-type": "application/json", "cookie": cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers.get("set-cookie", "").split(";")[0], json.loads(answer.read())

    cookie, _ = post("/auth/sign-in", {"name": f"python-{uuid.uuid4()}"})
    token = post("/auth/token", {}, cookie)[1]["token"]
    SECRETS.extend([cookie.split("=", 1)[1], token])
    return token


class Peer:
    def __init__(self, socket):
        self.socket, self.unread, self.ids = socket, [], uuid.uuid4()

    @classmethod
    async def connect(cls, subprotocols=("airlock.v1",), headers=None):
        # The library's own beats are switched off: those of the protocol are to do.
        return cls(await websockets.connect(URL, subprotocols=list(subprotocols), extra_headers=headers, ping_interval=None, open_timeout=60))

    @classmethod
    async def ready(cls, token, resume=None):
        peer = await cls.connect()
        await peer.next("open")
        await peer.hello(auth={"token": token}, **({"resume": resume} if resume else {}))
        await peer.next("authed")
        peer.attached = await peer.until("ready")
        return peer

    async def send(self, *frames):
        await self.socket.send(json.dumps(frames[0] if len(frames) == 1 else frames))

    async def hello(self, **fields):
        await self.send({"t": "hello", "v": 1, "client": "python-websockets", "instance": str(self.ids), **fields})

    async def data(self, s, b, **fields):
        await self.send({"t": "data", "s": s, "id": f"{self.ids}-{s}", "b": b, **fields})

    async def take(self):
        while not self.unread:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 60))
            for frame in message if isinstance(message, list) else [message]:
                if frame["t"] == "ready":
                    SECRETS.append(frame["session"])
                if frame["t"] == "ping":
                    await self.send({"t": "pong"})
                else:
                    self.unread.append(frame)
        return self.unread.pop(0)

    async def next(self, kind):
        frame = await self.take()
        assert frame["t"] == kind, f"expected {kind}, got {frame}"
        return frame

    async def until(self, kind, fits=lambda frame: True, into=None):
        while True:
            frame = await self.take()
            if into is not None and "s" in frame:
                into.append(frame)
            if frame["t"] == kind and fits(frame):
                return frame
            assert kind == "closing" or frame["t"] != "closing", f"the server is closing: {frame}"

    async def closing(self, cause):
        frame = await self.until("closing")
        await asyncio.wait_for(self.socket.wait_closed(), 60)
        assert frame["cause"] == cause, frame
        assert (self.socket.close_code, self.socket.close_reason) == (frame["code"], cause)
        return frame


@walk
async def walks_from_open_to_ready(token):
    peer = await Peer.connect()
    assert peer.socket.subprotocol == "airlock.v1"
    opened = await peer.next("open")
    assert opened["v"] == 1 and opened["carriers"] == [] and opened["limits"]["frames"] == 256
    assert set(opened["deadlines"]) == {"hello", "authentication", "gate", "attach"}
    await peer.hello(auth={"token": token})
    authed = await peer.next("authed")
    assert authed["user"].startswith("python-") and authed["refreshBefore"] < authed["expires"]
    ready = await peer.next("ready")
    assert (ready["resume"], ready["generation"], ready["received"], ready["done"]) == ("new", 1, 0, 0)
    await peer.socket.close()


@walk
async def is_answered_in_a_stream_and_acknowledges_it(token):
    peer, came = await Peer.ready(token), []
    await peer.data(1, ASK)
    end = await peer.until("end", into=came)
    assert [frame["s"] for frame in came] == list(range(1, end["s"] + 1))
    streamed = "".join(f["b"]["text"] for f in came if f.get("p") and f["b"]["type"] == "answer_delta")
    final = [f for f in came if f["t"] == "data" and f.get("re") == 1 and not f.get("p")]
    assert [f["b"]["type"] for f in final] == ["agent_completed"] and final[0]["b"]["text"] == streamed
    await peer.data(2, HISTORY, a=end["s"])
    history = await peer.until("data", lambda f: f.get("re") == 2)
    assert [m["role"] for m in history["b"]["messages"]] == ["user", "assistant"]
    await peer.socket.close()


@walk
async def is_resumed_after_a_dropped_socket_and_nothing_is_lost(token):
    first, came = await Peer.ready(token), []
    await first.data(1, ASK)
    at = (await first.until("data", lambda f: f["b"].get("type") == "answer_delta", into=came))["s"]
    first.socket.transport.abort()
    second = await Peer.ready(token, {"session": first.attached["session"], "attempt": 2, "received": at})
    assert (second.attached["resume"], second.attached["generation"], second.attached["received"]) == ("resumed", 2, 1)
    # Who is back before the server has noticed takes over.
    assert second.attached["previous"]["cause"] in ("transport_lost", "superseded"), second.attached
    end = await second.until("end", into=came)
    assert [f["s"] for f in came] == list(range(1, end["s"] + 1))
    await second.socket.close()


@walk
async def sends_the_instant_the_socket_opens_and_is_handled_once(token):
    peer, came = await Peer.connect(["airlock.v1", f"airlock.token.{token}"]), []
    await peer.hello()
    await peer.data(1, HISTORY)
    await peer.data(2, HISTORY)
    await peer.until("ready")
    await peer.until("data", lambda f: f["re"] == 2, into=came)
    assert [f["re"] for f in came] == [1, 2]
    await peer.socket.close()


@walk
async def says_bye_and_is_closed_with_1000(token):
    peer = await Peer.ready(token)
    await peer.send({"t": "data", "s": 1, "id": str(peer.ids), "b": HISTORY}, {"t": "bye"})
    # The session ends when its answer is acknowledged.
    answer = await peer.until("data", lambda f: f.get("re") == 1)
    await peer.send({"t": "ack", "a": answer["s"]})
    frame = await peer.closing("bye")
    assert (frame["code"], frame["resumable"]) == (1000, False)


@walk
async def leaves_with_a_code_of_its_own_and_comes_back(token):
    first = await Peer.ready(token)
    await first.socket.close(4900, "client_closed")
    assert first.socket.close_code == 4900
    second = await Peer.ready(token, {"session": first.attached["session"], "attempt": 2, "received": 0})
    assert second.attached["resume"] == "resumed"
    assert second.attached["previous"]["cause"] == "client_closed", second.attached
    await second.socket.close()


def refusal(cause, text):
    async def is_refused(token):
        peer = await Peer.connect()
        await peer.next("open")
        await peer.socket.send(text)
        assert (await peer.closing(cause))["retry"] == "never"

    is_refused.__name__ = f"is_closed_with_{cause}"
    walk(is_refused)


refusal("malformed_frame", "{")
refusal("unknown_frame", '{"t":"surprise"}')
refusal("hello_missing", '{"t":"pong"}')
refusal("binary_refused", b"\x00")
refusal("credentials_missing", '{"t":"hello","v":1,"client":"p","instance":"p"}')


@walk
async def is_refused_without_the_sub_protocol(token):
    try:
        await websockets.connect(URL)
    except websockets.exceptions.InvalidStatusCode as refused:
        assert refused.status_code == 400
    else:
        raise AssertionError("it was accepted")


async def run(function):
    try:
        await asyncio.wait_for(function(new_token() if inspect.signature(function).parameters else None), 180)
        return {"name": function.__name__.replace("_", " "), "ok": True}
    except Exception:  # Whatever went wrong is that walk's result.
        return {"name": function.__name__.replace("_", " "), "ok": False, "error": traceback.format_exc()}


async def main():
    for walking in asyncio.as_completed([run(function) for function in WALKS]):
        result = await walking
        print(json.dumps({**result, "secrets": SECRETS}), flush=True)


asyncio.run(main())
