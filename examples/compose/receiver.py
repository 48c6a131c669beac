"""Registers a webhook, books a candidate, and prints the events that arrive and are genuine."""

import datetime
import http.server
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from verify import is_genuine


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["HB_BLS_BASE_URL"] + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def portal_now():
    """The sandbox's clock may have been moved; the portal's own needs no asking."""
    url = urllib.parse.urljoin(os.environ["HB_BLS_BASE_URL"], "/_sandbox/clock")
    headers = {"Authorization": f"Bearer {os.environ.get('HB_BLS_CONTROL_TOKEN', '')}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as response:
            return datetime.datetime.fromisoformat(json.load(response)["now"].replace("Z", "+00:00")).timestamp()
    except (urllib.error.URLError, KeyError, ValueError):
        return time.time()


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        timestamp, signature = self.headers["X-TDTA-Timestamp"], self.headers["X-TDTA-Signature"]
        genuine = is_genuine(self.secret, timestamp or "", signature or "", body, portal_now)
        print(self.headers["X-TDTA-Event"], "genuine" if genuine else "refused", flush=True)
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "3000"))), Receiver)
url = os.environ.get("RECEIVER_URL", f"http://127.0.0.1:{server.server_port}/hooks/bls")
thread = threading.Thread(target=server.serve_forever, daemon=True)
thread.start()
token = call("POST", "/auth/token", {
    "hb_client_id": os.environ["HB_BLS_CLIENT_ID"],
    "api_key": os.environ["HB_BLS_API_KEY"],
})["access_token"]
Receiver.secret = call("POST", "/webhooks", {
    "name": "Receiver",
    "url": url,
    "events": [
        "booking.created", "booking.confirmed", "booking.rescheduled", "booking.cancelled",
        "booking.attendance_marked", "booking.equipment_late", "booking.certificate_available",
    ],
}, token)["secret"]

import book  # noqa: E402, F401  (it books a candidate when it is imported)

thread.join()
