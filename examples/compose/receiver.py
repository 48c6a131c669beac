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


def setting(name):
    return os.environ.get(name) or sys.exit(f"{name} is not set; `hb-bls sandbox` prints the variables to set")


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    url = setting("HB_BLS_BASE_URL") + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"no portal responds at {url}: {error.reason}")


def portal_now():
    """The sandbox's clock may have been moved; the portal's own needs no asking."""
    url = urllib.parse.urljoin(setting("HB_BLS_BASE_URL"), "/_sandbox/clock")
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


port = int(os.environ.get("PORT", "3000"))
try:
    server = http.server.ThreadingHTTPServer(("", port), Receiver)
except OSError as error:
    sys.exit(f"cannot listen on port {port}: {error.strerror}; set PORT to another, or to 0 for any that is free")
url = os.environ.get("RECEIVER_URL", f"http://127.0.0.1:{server.server_port}/hooks/bls")
thread = threading.Thread(target=server.serve_forever, daemon=True)
thread.start()
token = call("POST", "/auth/token", {
    "hb_client_id": setting("HB_BLS_CLIENT_ID"),
    "api_key": setting("HB_BLS_API_KEY"),
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
