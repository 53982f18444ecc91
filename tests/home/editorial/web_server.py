"""A web server on this machine that answers as a test says."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"

# Made for these tests, good until 2126 and for the name site.test alone.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUT3WFBGa7nkjo8Gn1v97PyxHeFjswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJc2l0ZS50ZXN0MCAXDTI2MTEyMzEwMTQ1M1oYDzIxMjYxMDMw
MTAxNDUzWjAUMRIwEAYDVQQDDAlzaXRlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ6d+ENGIphYsYT1KgRB4ii50q2mioebKEWt5v1l/dMSJ3vNPTVAtMo
VZqGbIAg1sI+zoD8eC4WB7t5ZkK5pS2Zo2kwZzAdBgNVHQ4EFgQURAREsoS1az4A
ADAIZFB+7p8vd14wHwYDVR0jBBgwFoAURAREsoS1az4AADAIZFB+7p8vd14wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglzaXRlLnRlc3QwCgYIKoZIzj0EAwID
SQAwRgIhAJ+07ViWcEjT7BN3pWQEnLNtqo9QyDdoyHg194PfgyybAiEAkmpRVrqN
yEJ2mdLezws3I2t8zzZUI6NoqCX1LXvurBM=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgivnXnTaAfBtWkzLQ
14Ys+8UPg0o849bo0L/R4rqwFy+hRANCAAQ6d+ENGIphYsYT1KgRB4ii50q2mioe
bKEWt5v1l/dMSJ3vNPTVAtMoVZqGbIAg1sI+zoD8eC4WB7t5ZkK5pS2Z
-----END PRIVATE KEY-----
"""


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says, by path."""

    def answer(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        reply = self.server.replies.get(self.path, (200, {}))
        if callable(reply):
            reply(self)
            return
        status, headers = reply
        if callable(status):
            status = status(self.command)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = answer  # noqa: N815

    def log_message(self, *args):
        pass


def serve(context=None):
    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *args: None
    server.replies, server.seen = {}, []
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    return server
