<?php
// Verifies a webhook delivery. Run as: php verify.php SECRET TIMESTAMP SIGNATURE < body

const TOLERANCE = 300; // seconds

/** $timestamp and $signature are X-TDTA-Timestamp and X-TDTA-Signature, $body the bytes as they came. */
function is_genuine(string $secret, string $timestamp, string $signature, string $body): bool
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    $digest = hash_hmac('sha256', "$timestamp.$body", $secret);
    return hash_equals("sha256=$digest", $signature);
}

[, $secret, $timestamp, $signature] = $argv;
echo is_genuine($secret, $timestamp, $signature, file_get_contents('php://stdin')) ? "genuine\n" : "refused\n";
