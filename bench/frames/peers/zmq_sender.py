"""Sends pictures and waits for the reply to each: zmq_sender.py PORT FILE FRAME_BYTES WARM FRAMES WINDOW (1, always)."""
import json
import sys
import time

import zmq

port, path, *numbers = sys.argv[1:]
frame_bytes, warm, frames, window = (int(number) for number in numbers)
if window != 1:
    sys.exit("Cannot send as REQ/REP has a window of 1")
with open(path, "rb") as file:
    payload = file.read()
pictures = [payload[at : at + frame_bytes] for at in range(0, len(payload), frame_bytes)]
socket = zmq.Context().socket(zmq.REQ)
socket.connect(f"tcp://127.0.0.1:{port}")
ack_ms = []
start = 0.0
for number in range(warm + frames):
    if number == warm:
        print(json.dumps({"event": "warm"}), flush=True)
        start = time.perf_counter()
    sent = time.perf_counter()
    socket.send(pictures[number % len(pictures)], copy=False)
    socket.recv()
    if number >= warm:
        ack_ms.append((time.perf_counter() - sent) * 1e3)
seconds = time.perf_counter() - start
ack_ms.sort()
p50, p99 = ack_ms[len(ack_ms) // 2], ack_ms[len(ack_ms) * 99 // 100]
print(json.dumps({"event": "done", "seconds": seconds, "ackP50Ms": p50, "ackP99Ms": p99}), flush=True)
