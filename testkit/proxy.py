"""A node behind a gate: counts what passes, and refuses what real providers refuse."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LIMIT_EXCEEDED = -32005


@dataclass
class Proxy:
    """JSON-RPC on its own port, passed on to a node.

    Parameters
    ----------
    node_url : str
        Where the node is.
    longest_range : int, optional
        Blocks in one `eth_getLogs`; more are refused.
    most_logs : int, optional
        Entries in one answer; more are refused.
    largest_batch : int, optional
        Calls in one batch; more are refused with 413, and at 0 every batch with one error object.
    busy : list of str
        One for each request to come: "429" refuses it with that status, "rate" by a JSON-RPC error, "" lets it pass.
    lag : int
        Blocks by which answers are behind the node: its newest blocks do not exist yet.
    """

    node_url: str
    longest_range: int | None = None
    most_logs: int | None = None
    largest_batch: int | None = None
    busy: list[str] = field(default_factory=list)
    lag: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, list]] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)

    def __enter__(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = proxy.answer(request)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def total(self) -> int:
        """JSON-RPC calls so far; a batch of n is n."""
        return self.calls.total()

    def answer(self, request):
        """Status and body for a request or a batch."""
        calls = request if isinstance(request, list) else [request]
        with self._lock:
            for call in calls:
                self.calls[call["method"]] += 1
                self.log.append((call["method"], call["params"]))
            mood = self.busy.pop(0) if self.busy else ""
        if mood == "429":
            return 429, {"error": "slow down"}
        if mood == "rate":
            refusals = [_refusal(call, "request rate limited") for call in calls]
            return 200, refusals if isinstance(request, list) else refusals[0]
        if isinstance(request, list) and self.largest_batch is not None and len(calls) > self.largest_batch:
            if self.largest_batch:
                return 413, {"error": "too large"}
            return 200, _refusal({"id": None}, "batches are not served here")
        answers = [self._one(call) for call in calls]
        self.answered.update(call["method"] for call in calls)
        return 200, answers if isinstance(request, list) else answers[0]

    def _one(self, call):
        if self.lag:
            call = self._behind(call)
            if call["method"] == "eth_getBlockByNumber" and int(call["params"][0], 16) > self._height():
                return {"jsonrpc": "2.0", "id": call["id"], "result": None}
        if call["method"] == "eth_getLogs" and self.longest_range is not None and "fromBlock" in call["params"][0]:
            query = call["params"][0]
            if int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1 > self.longest_range:
                return _refusal(call, f"block range is limited to {self.longest_range}")
        answer = self._forward(call)
        if call["method"] == "eth_getLogs" and self.most_logs is not None and len(answer["result"]) > self.most_logs:
            return _refusal(call, f"query returned more than {self.most_logs} results")
        return answer

    def _height(self):
        found = self._forward({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []})
        return int(found["result"], 16) - self.lag

    def _behind(self, call):
        """The call as a machine understands it that does not know the newest blocks."""
        params = list(call["params"])
        if call["method"] == "eth_getBlockByNumber" and params[0] == "latest":
            params[0] = hex(self._height())
        if call["method"] == "eth_getLogs" and "toBlock" in params[0]:
            params[0] = {**params[0], "toBlock": hex(min(int(params[0]["toBlock"], 16), self._height()))}
        return {**call, "params": params}

    def _forward(self, call):
        target = urlsplit(self.node_url)
        connection = HTTPConnection(target.hostname, target.port, timeout=60)
        try:
            connection.request("POST", "/", json.dumps(call), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def _refusal(call, message):
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": LIMIT_EXCEEDED, "message": message}}
