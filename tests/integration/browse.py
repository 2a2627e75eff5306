"""browse.py BROWSER DIR: a headless browser that does what lines of stdin say, over
the pipe of its DevTools protocol. Profile and pictures are in DIR.
  go URL           opens it
  size W H         of the window
  until CODE       waits up to 20 s until the page's script says true
  run CODE         runs a script
  print CODE       and prints what it says, as JSON
  type TEXT        presses keys
  picture NAME     takes one
  quiet            fails if the page has complained: a script, or what it may not load
It ends with 1 at the first that fails, and says which."""
import json
import os
import select
import subprocess
import sys
import time

PATIENCE_S = 20


class Browser:
    def __init__(self, program, where):
        here, there = os.pipe(), os.pipe()  # what we say, what it says
        args = [program, "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--no-first-run", "--remote-debugging-pipe",
                "--user-data-dir=" + os.path.join(where, "profile")]

        def place():
            # Not straight to 3 and 4: they may be the pipes themselves.
            a, b = os.dup(here[0]), os.dup(there[1])
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.child = subprocess.Popen(
            args, preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(where, "browser.log"), "w"))
        os.close(here[0])
        os.close(there[1])
        self.out, self.inp = here[1], there[0]
        self.where, self.rest, self.last = where, b"", 0
        self.session, self.complaints = None, []
        page = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=page["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def read(self):
        end = time.monotonic() + PATIENCE_S
        while b"\0" not in self.rest:
            if not select.select([self.inp], [], [], end - time.monotonic())[0]:
                raise TimeoutError("the browser says nothing")
            more = os.read(self.inp, 65536)
            if not more:
                raise EOFError("the browser has ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def heard(self, event):
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(event["params"]["exceptionDetails"])
        elif event["method"] == "Log.entryAdded":
            entry = event["params"]["entry"]
            if entry["level"] == "error":
                self.complaints.append(entry)

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise ValueError(answer["error"]["message"])
                return answer["result"]
            if "method" in answer:
                self.heard(answer)

    def run(self, code):
        result = self.call("Runtime.evaluate", expression=code, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise ValueError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    # --- what lines say ---

    def do_go(self, url):
        self.call("Page.navigate", url=url)

    def do_size(self, size):
        width, height = map(int, size.split())
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def do_until(self, code):
        end = time.monotonic() + PATIENCE_S
        while self.run(code) is not True:
            if time.monotonic() > end:
                raise TimeoutError("the page shows:\n" +
                                   self.run("document.body.innerText"))
            time.sleep(0.1)

    def do_run(self, code):
        self.run(code)

    def do_print(self, code):
        print(json.dumps(self.run(code)), flush=True)

    def do_type(self, text):
        for char in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=char, key=char)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=char)

    def do_picture(self, name):
        import base64
        data = self.call("Page.captureScreenshot")["data"]
        with open(os.path.join(self.where, name), "wb") as f:
            f.write(base64.b64decode(data))

    def do_quiet(self, _):
        if self.complaints:
            raise ValueError(json.dumps(self.complaints))


def main():
    browser = Browser(sys.argv[1], sys.argv[2])
    try:
        for line in sys.stdin:
            what, _, rest = line.strip().partition(" ")
            if what:
                getattr(browser, "do_" + what)(rest)
    except Exception as e:  # whatever it was, the line is what matters
        print(f"{line.strip()}: {type(e).__name__}: {e}", flush=True)
        return 1
    finally:
        browser.child.terminate()
        browser.child.wait()
    return 0


sys.exit(main())
