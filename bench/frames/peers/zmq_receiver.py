"""Saves each picture as a file of its own and then replies, as receivers with imagezmq do: zmq_receiver.py FOLDER."""
import json
import sys

import zmq

folder = sys.argv[1]
socket = zmq.Context().socket(zmq.REP)
port = socket.bind_to_random_port("tcp://127.0.0.1")
print(json.dumps({"event": "ready", "port": port}), flush=True)
count = 0
while True:
    picture = socket.recv(copy=False)
    count += 1
    with open(f"{folder}/{count}.jpg", "wb") as file:
        file.write(picture.buffer)
    socket.send(b"OK")
