// Verifies a webhook delivery. Run as: node verify.mjs SECRET TIMESTAMP SIGNATURE < body

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const TOLERANCE = 300; // seconds

/** `timestamp` and `signature` are X-TDTA-Timestamp and X-TDTA-Signature, `body` the bytes as they came. */
export function isGenuine(secret, timestamp, signature, body) {
  if (!/^[0-9]+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false;
  const digest = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  const [expected, given] = [Buffer.from(`sha256=${digest}`), Buffer.from(signature)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

const [secret, timestamp, signature] = process.argv.slice(2);
console.log(isGenuine(secret, timestamp, signature, readFileSync(0)) ? "genuine" : "refused");
