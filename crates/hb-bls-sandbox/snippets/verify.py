"""Verifies a webhook delivery. Run as: verify.py SECRET TIMESTAMP SIGNATURE < body"""

import hashlib
import hmac
import sys
import time

TOLERANCE = 300  # seconds


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes, now=time.time) -> bool:
    """`timestamp` and `signature` are X-TDTA-Timestamp and X-TDTA-Signature, `body` the bytes as they came."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now() - int(timestamp)) > TOLERANCE:
        return False
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}".encode(), signature.encode())


if __name__ == "__main__":
    genuine = is_genuine(*sys.argv[1:4], sys.stdin.buffer.read())
    print("genuine" if genuine else "refused")
