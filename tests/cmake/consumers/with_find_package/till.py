"""A till: GET /sales answers what was sold. READINESS_DEFECTS=till.T1 makes it forget the last line of a sum."""
import http.server
import json
import os
import sys

SALES = [{"id": 1, "lines": [250, 1000, 99], "total": 1349}, {"id": 2, "lines": [5], "total": 5}]
active = [id for id in os.environ.get("READINESS_DEFECTS", "").split(",") if id == "till.T1"]
if active:
    SALES[0]["total"] = 1250
    with open(os.environ["READINESS_DEFECTS_ACKNOWLEDGE"], "w") as file:
        json.dump(active, file)


class Till(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sales = self.path == "/sales"
        body = json.dumps({"sales": SALES} if sales else {}).encode()
        self.send_response(200 if sales else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Till).serve_forever()
