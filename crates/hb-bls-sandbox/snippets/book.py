"""Books one candidate into the first free timeslot, with nothing but Python's standard library."""

import json
import os
import sys
import urllib.error
import urllib.request



def setting(name):
    return os.environ.get(name) or sys.exit(f"{name} is not set; `hb-bls sandbox` prints the variables to set")


BASE_URL = setting("HB_BLS_BASE_URL")


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"no portal responds at {BASE_URL}: {error.reason}")


token = call("POST", "/auth/token", {
    "hb_client_id": setting("HB_BLS_CLIENT_ID"),
    "api_key": setting("HB_BLS_API_KEY"),
})["access_token"]
course = call("GET", "/courses", token=token)["data"][0]
slot = call("GET", f"/timeslots?course_id={course['id']}", token=token)["data"][0]
hold = call("POST", "/timeslots/hold", {
    "course_id": course["id"], "date": slot["date"], "time": slot["time"],
}, token)
booking = call("POST", "/bookings", {
    "hold_hash": hold["hold_hash"],
    "first_name": "Amara", "last_name": "Okafor",
    "email": "amara.okafor@example.org", "phone": "07700 900123",
    "address": "12 Harbour Street", "city": "Leeds", "postcode": "LS1 4AP",
    "job_role": "Registered Nurse", "pay_option": "credits",
    "agency_contact_name": "Jo Field", "agency_contact_email": "jo.field@agency.example",
}, token)
print(f"booking {booking['id']} is {booking['booking_status']}")
