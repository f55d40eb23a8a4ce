"""Reads bodies with kombu and writes the values again with kombu, one JSON object per line in and out."""
import base64
import json
import sys

from kombu import compression, serialization

if "zstd" not in compression._aliases:
    # kombu 5.7 wants backports.zstd; this is how kombu up to 5.6 does it, the stricter reader of the two.
    import zstandard

    compression.register(
        lambda body: zstandard.ZstdCompressor().compress(body),
        lambda body: zstandard.ZstdDecompressor().decompress(body),
        "application/zstd",
        aliases=["zstd", "zstandard"],
    )

for line in sys.stdin:
    request = json.loads(line)
    method = request.get("compression")
    body = base64.b64decode(request["body"])
    try:
        plain = compression.decompress(body, method) if method else body
        content_type, encoding = request["contentType"], request["contentEncoding"]
        accept = {"application/json", "application/x-yaml", "application/x-msgpack"}
        value = serialization.loads(plain, content_type, encoding, accept=accept)
        content_type, encoding, again = serialization.dumps(value, request["serializer"])
        again = again.encode() if isinstance(again, str) else again
        packed, method = compression.compress(again, method) if method else (again, None)
        reply = {
            "repr": repr(value),
            "body": base64.b64encode(packed).decode(),
            "contentType": content_type,
            "contentEncoding": encoding,
            "compression": method,
        }
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
