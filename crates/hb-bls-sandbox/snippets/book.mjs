// Books one candidate into the first free timeslot. Node.js 18 or later, without packages.

const [BASE_URL, CLIENT_ID, API_KEY] = ["HB_BLS_BASE_URL", "HB_BLS_CLIENT_ID", "HB_BLS_API_KEY"].map((name) => {
  if (process.env[name]) return process.env[name];
  console.error(`${name} is not set; \`hb-bls sandbox\` prints the variables to set`);
  process.exit(1);
});

async function call(method, path, body, token) {
  const response = await fetch(BASE_URL + path, {
    method,
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const { access_token: token } = await call("POST", "/auth/token", {
  hb_client_id: CLIENT_ID,
  api_key: API_KEY,
});
const [course] = (await call("GET", "/courses", undefined, token)).data;
const [slot] = (await call("GET", `/timeslots?course_id=${course.id}`, undefined, token)).data;
const hold = await call("POST", "/timeslots/hold", { course_id: course.id, date: slot.date, time: slot.time }, token);
const booking = await call("POST", "/bookings", {
  hold_hash: hold.hold_hash,
  first_name: "Amara", last_name: "Okafor",
  email: "amara.okafor@example.org", phone: "07700 900123",
  address: "12 Harbour Street", city: "Leeds", postcode: "LS1 4AP",
  job_role: "Registered Nurse", pay_option: "credits",
  agency_contact_name: "Jo Field", agency_contact_email: "jo.field@agency.example",
}, token);
console.log(`booking ${booking.id} is ${booking.booking_status}`);
