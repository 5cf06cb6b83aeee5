#!/usr/bin/env python3
"""Uses the dashboard by the keyboard alone, in headless Chromium over its DevTools protocol: finds a series, opens it, fits one.

Usage: drive_dashboard.py BROWSER PROFILE_FOLDER DASHBOARD_URL; the server has the series `temperature` and `pressure`.
"""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request

LIMIT = 60


class Page:
    """A page of the browser, spoken to over a WebSocket (RFC 6455)."""

    def __init__(self, url):
        host, port, path = re.match(r"ws://([^:/]+):(\d+)(/.*)", url).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=LIMIT)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.take(1)
        assert b" 101 " in head.split(b"\r\n")[0], head
        self.number = 0

    def take(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the browser has gone"
            data += piece
        return data

    def call(self, method, **parameters):
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        mask = os.urandom(4)
        size = struct.pack("!B", 0x80 | len(text)) if len(text) < 126 else struct.pack("!BH", 0x80 | 126, len(text))
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
        while True:
            message = b""
            while True:
                first, size = self.take(2)
                size &= 127
                if size > 125:
                    size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
                message += self.take(size)
                if first & 0x80:
                    break
            answer = json.loads(message) if first & 15 < 8 else {}
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression, what):
        end = time.monotonic() + LIMIT
        while not self.value(expression):
            assert time.monotonic() < end, f"the keyboard does not get to {what}"
            time.sleep(0.05)

    def press(self, key, text=""):
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        name = {"Tab": "Tab", "Enter": "Enter", " ": "Space"}[key]
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=name, windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}))

    def type(self, text):
        self.call("Input.insertText", text=text)

    def tab_to(self, expression, what):
        for _ in range(60):
            if self.value(f"(e => {expression})(document.activeElement)"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not get to {what}")


def use(page, url):
    page.call("Page.navigate", url=url)
    page.until("document.querySelectorAll('#list button').length == 2", "the list")
    page.tab_to("e.id == 'search'", "the search")
    page.type("press")
    page.until("document.querySelectorAll('#list button').length == 1", "a shorter list")
    page.tab_to("e.closest('#list') && e.textContent.startsWith('pressure')", "the series")
    page.press("Enter", "\r")
    page.until("document.getElementById('title').textContent == 'pressure v1'", "the plot of the series")
    page.tab_to("e.id == 'version'", "the versions")
    page.tab_to("e.id == 'plot'", "the plot")
    page.tab_to("e.name == 'id'", "the form")
    page.type("by-keyboard")
    page.tab_to("e.name == 'points'", "the points")
    page.type("1,20\n2,21\n3,20.5\n")
    page.tab_to("e.matches('#fit button')", "the button")
    page.press(" ", " ")
    page.until("document.getElementById('fitted').textContent == 'v1 from 3 points'", "a fitted series")


def main():
    browser, profile, url = sys.argv[1:]
    process = subprocess.Popen(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
         "--remote-debugging-port=0", "about:blank"], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            found = re.search(r"DevTools listening on ws://([^/]+)/", line)
            if found:
                break
        with urllib.request.urlopen(f"http://{found.group(1)}/json/list", timeout=LIMIT) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        use(Page(pages[0]["webSocketDebuggerUrl"]), url)
    finally:
        process.terminate()
        process.wait()
    print("the dashboard is used by the keyboard alone")


main()
