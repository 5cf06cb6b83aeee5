"""An S3 server for tests: moto, with every signature recomputed by botocore before a request reaches it.

    serve_moto.py PORT

moto itself does not check signatures. Needs `pip install 'moto[server,s3]' boto3`. Two addresses steer it:
POST /_control?fail_after=N   from the Nth request on, every one is refused with 403, as if the network or the rights were gone
POST /_control                everything works again
GET  /_control                {"requests": …, "put_parts": …, "bad_signatures": …} since the last POST
"""
import io
import json
import sys
from urllib.parse import parse_qs, unquote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

ACCESS, SECRET, REGION = "AKIAEXAMPLE", "secret/example+key", "eu-central-1"
application = DomainDispatcherApplication(create_backend_app)
state = {"requests": 0, "put_parts": 0, "bad_signatures": 0}
fail_after = None


class FixedTimeAuth(S3SigV4Auth):
    """Signs with the time that the request names, and with the body's digest that it names."""

    def _modify_request_before_signing(self, request):
        pass

    def payload(self, request):
        return request.headers["X-Amz-Content-SHA256"]


def expected_authorization(environ, body):
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    given = headers["authorization"]
    signed = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    raw_path = environ["RAW_URI"].split("?")[0]
    url = f"http://{environ['HTTP_HOST']}{raw_path}"
    if environ.get("QUERY_STRING"):
        url += "?" + environ["QUERY_STRING"]
    request = AWSRequest(environ["REQUEST_METHOD"], url, headers={n: headers[n] for n in signed}, data=body)
    # botocore adds what it needs itself; the host comes from the address.
    request.context["timestamp"] = headers["x-amz-date"]
    auth = FixedTimeAuth(Credentials(ACCESS, SECRET), "s3", REGION)
    canonical = auth.canonical_request(request)
    text = auth.string_to_sign(request, canonical)
    signature = auth.signature(text, request)
    import hashlib
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return None, given
    return signature, given


def answer(start_response, status, body, kind="application/xml"):
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def checked(environ, start_response):
    global fail_after
    if environ["PATH_INFO"] == "/_control":
        if environ["REQUEST_METHOD"] == "POST":
            values = parse_qs(environ.get("QUERY_STRING", ""))
            fail_after = int(values["fail_after"][0]) if "fail_after" in values else None
            state.update(requests=0, put_parts=0, bad_signatures=0)
        return answer(start_response, "200 OK", json.dumps(state).encode(), "application/json")
    state["requests"] += 1
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if fail_after is not None and state["requests"] >= fail_after:
        return answer(start_response, "403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>")
    signature, given = expected_authorization(environ, body)
    if signature is None or not given.endswith("Signature=" + signature):
        state["bad_signatures"] += 1
        return answer(start_response, "403 Forbidden", b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
    if environ["REQUEST_METHOD"] == "PUT" and "partNumber" in environ.get("QUERY_STRING", ""):
        state["put_parts"] += 1
    environ["wsgi.input"] = io.BytesIO(body)
    return application(environ, start_response)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), checked, threaded=True)
