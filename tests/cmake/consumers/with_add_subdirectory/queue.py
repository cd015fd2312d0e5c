"""Answers every GET with its orders, whose totals are wrong when TOTALS=wrong."""
import http.server
import json
import os
import sys

BODY = json.dumps({"sales": [{"id": 7, "lines": [1, 2], "total": 3 if os.environ["TOTALS"] == "right" else 4}]}).encode()


class Queue(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Queue).serve_forever()
