"""A small OpenID Connect provider on loopback, which can be told to lie."""

import base64
import hashlib
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, SECRET = "stockton", "a secret of the client"
CODE = "a-code"


def make_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """What it says of the person who signs in, and how; tests change its attributes."""

    key = make_key()

    def __init__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.provider = self
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.claims = {
            "sub": "0001",
            "email": "Ann@example.org",
            "email_verified": True,
        }
        self.signed_with, self.algorithm = self.key, "RS256"
        self.headers = {"kid": "first"}
        # What it answers instead, by path.
        self.instead = {}
        self.asked = []
        thread = Thread(target=self.server.serve_forever, args=[0.01], daemon=True)
        thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def sign_in(self, address: str) -> dict:
        asked = {name: one for name, [one] in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        self.challenge, self.nonce = asked["code_challenge"], asked["nonce"]
        return {"state": asked["state"], "code": CODE}

    def answer(self, path: str, sent: dict) -> bytes:
        self.asked.append(path)
        if path in self.instead:
            said = self.instead[path]
            return said() if callable(said) else said
        if path == "/token":
            self.check_code(sent)
            said = {"access_token": "x", "token_type": "Bearer"}
            said["id_token"] = self.make_token()
        else:
            said = {
                "/.well-known/openid-configuration": self.configuration,
                "/keys": {"keys": [self.public_key]},
            }[path]
        return json.dumps(said).encode()

    def check_code(self, sent: dict) -> None:
        """See that anyone who asks for the token is who started (RFC 7636)."""
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert (sent["code"], sent["client_secret"]) == (CODE, SECRET)
        assert challenge == self.challenge

    def make_token(self) -> str:
        """Return the signed claims; one that is `None` is left out."""
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": self.nonce, **self.claims}
        claims = {name: said for name, said in claims.items() if said is not None}
        return jwt.encode(claims, self.signed_with, self.algorithm, self.headers)

    @property
    def configuration(self) -> dict:
        """What OpenID Connect Discovery says."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    @property
    def public_key(self) -> dict:
        """The key that its tokens are to be signed with (RFC 7517)."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**key, "kid": "first", "alg": "RS256", "use": "sig"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        sent = parse_qs(self.rfile.read(length).decode())
        sent = {name: one for name, [one] in sent.items()}
        body = self.server.provider.answer(urlsplit(self.path).path, sent)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # No one waits any longer.
            self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments):
        """Say nothing."""
