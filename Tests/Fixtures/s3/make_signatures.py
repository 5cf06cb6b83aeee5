"""Records what botocore signs, for the tests of our own signer: python3 make_signatures.py > signatures.json

Needs botocore (1.44.5 made the recorded file).
"""
import hashlib
import json
from urllib.parse import quote

import botocore
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET, REGION, TIME = "AKIAEXAMPLE", "secret/example+key", "eu-central-1", "20260301T120000Z"
CASES = [
    ("GET", "/bucket/plain", [], {}, b""),
    ("PUT", "/bucket/with space+plus=é~.txt", [], {"if-none-match": "*", "x-amz-meta-sha256": "ab"}, b"body"),
    ("GET", "/bucket", [("list-type", "2"), ("prefix", "models/é b/"), ("delimiter", "/")], {}, b""),
    ("POST", "/bucket/key", [("uploads", "")], {"x-amz-meta-sha256": "00"}, b""),
    ("PUT", "/bucket/key", [("uploadId", "a/b+c="), ("partNumber", "12")], {}, b"\x00\xff" * 50),
    ("GET", "/bucket/key", [], {"range": "bytes=0-99"}, b""),
]


class FixedTimeAuth(S3SigV4Auth):
    def _modify_request_before_signing(self, request):
        pass


records = []
for token in (None, "session/token=="):
    for method, path, query, headers, body in CASES:
        url = "https://s3.example.com" + quote(path, safe="/~")
        if query:
            url += "?" + "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in query)
        all_headers = dict(headers, **{"x-amz-date": TIME, "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest()})
        if token:
            all_headers["x-amz-security-token"] = token
        request = AWSRequest(method, url, headers=all_headers, data=body)
        request.context["timestamp"] = TIME
        auth = FixedTimeAuth(Credentials(ACCESS, SECRET, token), "s3", REGION)
        auth.payload = lambda request, body=body: hashlib.sha256(body).hexdigest()
        text = auth.string_to_sign(request, auth.canonical_request(request))
        records.append(
            {"method": method, "path": path, "query": query, "headers": list(headers.items()),
             "body": body.hex(), "token": token, "signature": auth.signature(text, request)})
print(json.dumps({"botocore": botocore.__version__, "access": ACCESS, "secret": SECRET, "region": REGION,
                  "host": "s3.example.com", "cases": records}, indent=1, ensure_ascii=False))
