"""A node behind a gate: counts what passes, and refuses what real providers refuse."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from eth_account import Account
from eth_utils import keccak

from powerpact.chain.resigning import offered_wei, terms_of

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
        One for each request to come: "429" refuses it with that status, "rate" by a JSON-RPC error, "" lets it pass; or
        status, headers and JSON of what is answered to each call.
    lag : int
        Blocks by which answers are behind the node: its newest blocks do not exist yet.
    range_refusal : tuple of (int, int, str)
        Status, code and text with which a range of logs is refused; ``{limit}``, ``{first}`` and ``{last}`` are filled.
    blind_looks : int
        How often a transaction is not found, by hash or receipt, before it is; also if it is mined.
    old_counts : int
        How often the number of an account's transactions is what it was when that was first asked.
    lacks : set of str
        Methods that do not exist here.
    least_fee_wei : int
        A transaction that offers less stays in the pool; one of the same nonce replaces it for a tenth more.
    shown_base_fee_wei : int, optional
        The base fee of blocks as they are shown.
    held : dict
        What is in the pool, by sender and nonce.
    hidden : callable, optional
        Says of a log entry whether answers leave it out, without a word: a machine that has lost or not yet indexed it.
    down : bool
        Whether every request is refused with 500.
    """

    node_url: str
    longest_range: int | None = None
    most_logs: int | None = None
    largest_batch: int | None = None
    busy: list[str | tuple[int, dict, dict]] = field(default_factory=list)
    lag: int = 0
    range_refusal: tuple[int, int, str] = (200, LIMIT_EXCEEDED, "block range is limited to {limit}")
    blind_looks: int = 0
    old_counts: int = 0
    lacks: set[str] = field(default_factory=set)
    least_fee_wei: int = 0
    shown_base_fee_wei: int | None = None
    held: dict[tuple[str, int], dict] = field(default_factory=dict)
    hidden: Callable[[dict], bool] | None = None
    down: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, list]] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)

    def __enter__(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer, headers = proxy.answer(request)
                body = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._lock = threading.Lock()
        self._looks: Counter[str] = Counter()
        self._first_counts: dict[str, str] = {}

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """Whoever asks may be killed meanwhile."""

        self._server = Server(("127.0.0.1", 0), Handler)
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
        """Status, body and headers for a request or a batch."""
        calls = request if isinstance(request, list) else [request]
        with self._lock:
            for call in calls:
                self.calls[call["method"]] += 1
                self.log.append((call["method"], call["params"]))
            mood = self.busy.pop(0) if self.busy else ""
        refusal = self._refused_as_a_whole(request, calls, mood)
        if refusal is not None:
            return refusal
        answers = [self._one(call) for call in calls]
        self.answered.update(call["method"] for call in calls)
        statuses = {answer.pop("status", 200) for answer in answers}
        return max(statuses), answers if isinstance(request, list) else answers[0], {}

    def _refused_as_a_whole(self, request, calls, mood):
        """Status, body and headers with which a request or a batch is refused; None if its calls are answered."""
        is_batch = isinstance(request, list)
        if mood == "rate":
            mood = 200, {}, _refusal({"id": None}, "request rate limited")
        if isinstance(mood, tuple):
            status, headers, told = mood
            each = [{"jsonrpc": "2.0", **told, "id": call["id"]} for call in calls]
            return status, each if is_batch else each[0], headers
        if self.down or mood == "429":
            return (
                (500, {"error": "out of order"}, {})
                if self.down
                else (429, {"error": "slow down"}, {"Retry-After": "0"})
            )
        if is_batch and self.largest_batch is not None and len(calls) > self.largest_batch:
            if self.largest_batch:
                return 413, {"error": "too large"}, {}
            return 200, _refusal({"id": None}, "batches are not served here"), {}
        return None

    def _one(self, call):
        if call["method"] in self.lacks:
            return _refusal(call, f"the method {call['method']} does not exist/is not available", code=-32601)
        told = self._of_pool(call)
        if told is not None:
            return {"jsonrpc": "2.0", "id": call["id"], **told}
        if self.lag:
            call = self._behind(call)
            if call["method"] == "eth_getBlockByNumber" and int(call["params"][0], 16) > self._height():
                return {"jsonrpc": "2.0", "id": call["id"], "result": None}
        if call["method"] == "eth_getLogs" and self.longest_range is not None and "fromBlock" in call["params"][0]:
            query = call["params"][0]
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
            if last - first + 1 > self.longest_range:
                status, code, text = self.range_refusal
                names = {"limit": self.longest_range, "first": hex(first), "last": hex(first + self.longest_range - 1)}
                return _refusal(call, text.format(**names), code=code) | {"status": status}
        answer = self._forward(call)
        if call["method"] == "eth_getLogs" and self.hidden is not None and "result" in answer:
            answer["result"] = [entry for entry in answer["result"] if not self.hidden(entry)]
        if call["method"] == "eth_getLogs" and self.most_logs is not None and len(answer["result"]) > self.most_logs:
            return _refusal(call, f"query returned more than {self.most_logs} results")
        return answer

    def _of_pool(self, call):
        """What is said of transactions by a machine that lags behind, or whose pool holds them; None to pass it on."""
        method = call["method"]
        if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
            return self._looked_up(method, call["params"][0])
        if method == "eth_getTransactionCount":
            return {"result": self._counted(call)}
        if method == "eth_getBlockByNumber" and self.shown_base_fee_wei is not None:
            block = self._forward(call)["result"]
            return {"result": block and block | {"baseFeePerGas": hex(self.shown_base_fee_wei)}}
        if method == "eth_sendRawTransaction" and (self.least_fee_wei or self.held):
            return self._pooled(bytes.fromhex(call["params"][0][2:]))
        return None

    def _looked_up(self, method, hash_):
        with self._lock:
            self._looks[hash_] += 1
            if self._looks[hash_] <= self.blind_looks:
                return {"result": None}
        kept = next((one for one in self.held.values() if one["hash"] == hash_), None)
        return kept and {"result": kept["shown"] if method == "eth_getTransactionByHash" else None}

    def _counted(self, call):
        account, block = call["params"]
        now = self._forward(call)["result"]
        with self._lock:
            first = self._first_counts.setdefault(account, now)
            if self.old_counts and first != now:
                self.old_counts -= 1
                return first
        while block == "pending" and (account.lower(), int(now, 16)) in self.held:
            now = hex(int(now, 16) + 1)
        return now

    def _pooled(self, raw):
        terms, sender = terms_of(raw), Account.recover_transaction(raw)
        place, hash_ = (sender.lower(), terms["nonce"]), f"0x{keccak(raw).hex()}"
        old = self.held.get(place)
        if old and offered_wei(terms) * 10 < old["fee"] * 11:
            return {"error": {"code": -32000, "message": "replacement transaction underpriced"}}
        if offered_wei(terms) >= self.least_fee_wei:
            self.held.pop(place, None)
            return None
        numbers = {name: hex(terms[name]) for name in ("nonce", "gas", "value", "maxFeePerGas", "maxPriorityFeePerGas")}
        nothing = dict.fromkeys(("blockNumber", "blockHash", "transactionIndex"))
        shown = {
            "hash": hash_,
            "from": sender,
            "to": terms.get("to"),
            "input": "0x",
            "type": "0x2",
            **numbers,
            **nothing,
        }
        self.held[place] = {"hash": hash_, "fee": offered_wei(terms), "shown": shown}
        return {"result": hash_}

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


def _refusal(call, message, code=LIMIT_EXCEEDED):
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}
