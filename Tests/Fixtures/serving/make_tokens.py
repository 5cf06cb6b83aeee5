"""Makes keys and JSON Web Tokens for AccessControlTests by PyJWT and cryptography. Run: python make_tokens.py > tokens.json"""

import base64
import hashlib
import hmac
import json

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

FUTURE = 4_000_000_000
rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ec_key = ec.generate_private_key(ec.SECP256R1())
other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
keys = [
    {**jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True), "kid": "r"},
    {**jwt.algorithms.ECAlgorithm.to_jwk(ec_key.public_key(), as_dict=True), "kid": "e"},
]


def claims(**more):
    return {"sub": "alice", "exp": FUTURE, "aud": "anomalyze", "roles": ["scorer"], **more}


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# A token signed with HMAC under the public key, which careless libraries accept (key confusion).
pem = rsa_key.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
message = text(json.dumps({"alg": "HS256", "kid": "r"}).encode()) + "." + text(json.dumps(claims()).encode())
confused = message + "." + text(hmac.new(pem, message.encode(), hashlib.sha256).digest())
none = text(b'{"alg":"none"}') + "." + text(json.dumps(claims()).encode()) + "."

accepted = {
    "RS256": jwt.encode(claims(), rsa_key, "RS256", headers={"kid": "r"}),
    "ES256": jwt.encode(claims(), ec_key, "ES256", headers={"kid": "e"}),
    "without a key's name": jwt.encode(claims(), ec_key, "ES256"),
}
refused = {
    "HS256 under the public key": confused,
    "none": none,
    "another key": jwt.encode(claims(), other, "RS256", headers={"kid": "r"}),
    "expired": jwt.encode(claims(exp=1), rsa_key, "RS256", headers={"kid": "r"}),
    "not yet": jwt.encode(claims(nbf=FUTURE - 1), rsa_key, "RS256", headers={"kid": "r"}),
    "for others": jwt.encode(claims(aud="others"), rsa_key, "RS256", headers={"kid": "r"}),
    "no role": jwt.encode(claims(roles=["king"]), rsa_key, "RS256", headers={"kid": "r"}),
    "the wrong key's name": jwt.encode(claims(), rsa_key, "RS256", headers={"kid": "e"}),
    "RS384": jwt.encode(claims(), rsa_key, "RS384", headers={"kid": "r"}),
}
print(json.dumps({"keys": {"keys": keys}, "accepted": accepted, "refused": refused}, indent=1))
