"""openapi.py SPEC SOCKET METRICS DASHBOARD COOKIE: asks a relay for what the file
tells of, and holds the answers against it: status, type, and members. Prints a line
for each case: "ok NAME", or "no NAME: WHY". METRICS, DASHBOARD: host:port of these doors."""
import http.client
import json
import re
import socket
import sys

import yaml

spec = yaml.safe_load(open(sys.argv[1]))
METHODS = {"get", "post", "put", "delete", "patch"}
# What a page must be asked with to do what it is for. The others are asked so as
# to be refused.
SENSE = {"/v1/plan": {}, "/v1/reload": {}, "/v1/kick": {"tenant": "alpha"},
         "/v1/revoke": {"name": "alpha/nobody"},
         "/v1/revoke/undo": {"name": "alpha/nobody"}}
NOT_ASKED = {"/v1/upgrade"}  # another process would answer what follows
LAST = {"/v1/drain"}
DASHBOARD_ONLY = {"/login", "/v1/events"}
PLAIN = {"Content-Type": "application/json"}


HOSTS = {"socket": "localhost", "metrics": sys.argv[3], "dashboard": sys.argv[4]}


def door(name):
    if name != "socket":
        host, port = HOSTS[name].rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=10)
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(sys.argv[2])
    return s


def ask(where, method, path, body=None, headers=None):
    # In one piece: who is refused by the header alone may find the door shut
    # before the rest is said.
    head = {"Host": HOSTS[where], "Connection": "close", **(headers or {})}
    if body is not None:
        head["Content-Length"] = str(len(body))
    with door(where) as s:
        s.sendall((f"{method.upper()} {path.replace('{id}', '1')} HTTP/1.1\r\n" + "".join(
            f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n" + (body or "")).encode())
        r = http.client.HTTPResponse(s, method=method.upper())
        r.begin()
        kind = (r.getheader("Content-Type") or "").split(";")[0]
        return r.status, kind, b"" if kind == "text/event-stream" else r.read()


def resolve(node):
    while "$ref" in node:
        at = spec
        for part in node["$ref"][2:].split("/"):
            at = at[part]
        node = at
    return node


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def differs(schema, v, at):
    """Where v is not what schema says, or None."""
    schema = resolve(schema)
    want = TYPES.get(schema.get("type"))
    if want and (not isinstance(v, want) or want is int and isinstance(v, bool)):
        return f"{at} is not {schema['type']}: {v!r}"
    if "enum" in schema and v not in schema["enum"]:
        return f"{at} is {v!r}"
    if want is list:
        found = [differs(schema.get("items", {}), x, f"{at}[]") for x in v]
    elif want is dict:
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", {})
        found = [f"{at} has no {k}" for k in schema.get("required", []) if k not in v]
        found += [differs(known.get(k, rest if isinstance(rest, dict) else {}), x,
                          f"{at}.{k}") for k, x in v.items()]
        found += [f"{at} has {k}" for k in v if rest is False and k not in known]
    else:
        return None
    return next(filter(None, found), None)


def wrong(operation, answer):
    """Why the answer is none that the file tells of, or None."""
    status, kind, text = answer
    said = operation["responses"].get(str(status))
    if said is None:
        return f"{status} is not told: {text[:200]!r}"
    content = resolve(said).get("content")
    if content is None:
        return None if status == 303 else "its content is not told"
    if kind not in content:
        return f"{status} comes as {kind!r}"
    if kind != "application/json":
        return None
    return differs(content[kind].get("schema", {}), json.loads(text), str(status))


def case(name, *complaints):
    said = "; ".join(filter(None, complaints)).replace("\n", " ")
    print(f"no {name}: {said}" if said else f"ok {name}", flush=True)


def is_error(answer, status):
    if answer[0] != status or answer[1] != "application/json":
        return f"{answer} instead of {status}"
    return differs(spec["components"]["responses"]["Error"]["content"]
                   ["application/json"]["schema"], json.loads(answer[2]), "error")


def page(path, method, operation):
    complaints = [is_error(ask("socket", "delete", path), 405)]
    body = operation.get("requestBody")
    takes_json = body and "application/json" in resolve(body)["content"]
    sense = json.dumps(SENSE[path]) if path in SENSE else None
    if path not in NOT_ASKED and not (takes_json and sense is None):
        answer = ask("socket", method, path, sense if takes_json else None,
                     PLAIN if takes_json else None)
        complaints.append(wrong(operation, answer))
    if takes_json:
        for text in ("no JSON", "[1]", '{"nonsense":1}'):
            answer = ask("socket", method, path, text, PLAIN)
            complaints.append(wrong(operation, answer) or
                              (f"{text} is taken" if answer[0] == 200 else None))
        answer = ask("socket", method, path, "{}", {"Content-Type": "text/plain"})
        complaints.append(wrong(operation, answer) or is_error(answer, 415))
    return complaints


def doors(path, method, operation):
    """It stands where its tags say, and nowhere else."""
    complaints = []
    for where in ("metrics", "dashboard"):
        has = where in operation["tags"]
        headers = PLAIN if where == "metrics" else {
            **PLAIN, "Cookie": sys.argv[5], "Origin": "http://" + sys.argv[4]}
        if method == "get" and has:
            complaints.append(wrong(operation, ask(where, method, path, None, headers)))
        elif not has:
            complaints.append(is_error(ask(where, method, path, None, headers), 404))
    return complaints


pages = [(p, m, o) for p, item in spec["paths"].items() for m, o in item.items()
         if m in METHODS]
pages.sort(key=lambda x: x[0] in LAST)
for path, method, operation in pages:
    name = f"{method.upper()} {path}"
    if path not in LAST:
        case(name + " stands where it is told to", *doors(path, method, operation))
    if path in DASHBOARD_ONLY:
        case(name + " is not for the socket", is_error(ask("socket", method, path), 404))
    else:
        case(name + " answers as it is told", *page(path, method, operation))
    if path == "/v1/kick":
        case("what is not told is not there",
             is_error(ask("socket", "get", "/v1/nonsense"), 404))
