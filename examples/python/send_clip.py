#!/usr/bin/env python3
"""Send one file to a Framewire server, with nothing but sockets, struct and protobuf.

    python3 send_clip.py --server 127.0.0.1:12345 --device box-1 clip.mp4

When it is killed, the network fails or the server restarts, run it again: it goes on where it was.
The rules are in docs/PROTOCOL.md; FRAMEWIRE_TOKEN holds the token if the server asks for one.
Exit codes: 0 stored, 1 file unreadable, 2 wrong usage, 3 refused for good, 4 try again later.
"""

import argparse
import hashlib
import os
import select
import socket
import struct
import sys
import time
import zlib

import framewire_pb2 as pb

STREAM = 1  # One clip on this connection; a second one would be stream 2.
CHUNK_BYTES = 64 * 1024  # The server takes up to Welcome.chunk_bytes_max.
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
TIMEOUT_S = 10.0  # Two heartbeats: who is silent for longer is gone.


class Refused(Exception):
    """The server said no, and why."""

    def __init__(self, error):
        again = f"; try again in {error.retry_after_ms} ms" if error.retryable else ""
        super().__init__(f"{error.code}: {error.message}{again}")
        self.retryable = error.retryable


class Connection:
    """Envelopes over TCP, each behind its length."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, **body):
        """Send one message, named as in the schema: send(ping=pb.Ping(nonce=1))."""
        envelope = pb.Envelope(**body).SerializeToString()
        self.socket.sendall(struct.pack(">I", len(envelope)) + envelope)

    def receive(self):
        """Wait for the next message; return its name and itself, or None twice if we do not know it."""
        (length,) = struct.unpack(">I", self._read_exactly(4))
        if not 1 <= length <= MESSAGE_BYTES_MAX:
            raise ConnectionError(f"The server announced a message of {length} bytes")
        envelope = pb.Envelope.FromString(self._read_exactly(length))
        name = envelope.WhichOneof("body")
        return name, getattr(envelope, name) if name else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def has_input(self):
        return bool(select.select([self.socket], [], [], 0)[0])

    def _read_exactly(self, count):
        # One recv is not one message: it may bring a part of one, or one and a half.
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("The server closed the connection")
            data += part
        return bytes(data)


class Upload:
    """One file on its way."""

    def __init__(self, connection, file, name, size, sha256):
        self.connection = connection
        self.file = file
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.window_bytes = 0  # Of the server's Welcome.
        self.accepted = False
        self.end_sent = False
        self.to_send = []  # Ranges [start, end) which the server lacks.
        self.sent = 0  # Payload bytes on this connection, repeats included.
        self.stored = 0  # How many of those the server has on its disk for good.
        self.result = None

    def run(self, device, token):
        """Send what the server lacks; return its ClipStored."""
        self.connection.send(
            hello=pb.Hello(
                protocol_version=1, device=device, token=token, software="send_clip.py", unix_ms=now_ms()
            )
        )
        while self.result is None:
            # Listening goes first: acks open the window, and pings want an answer.
            if self.connection.has_input() or not self.send_something():
                self.handle(*self.connection.receive())
        self.connection.send(goodbye=pb.Goodbye(reason="All sent"))
        return self.result

    def handle(self, name, message):
        if name == "welcome":
            self.window_bytes = message.window_bytes
            self.open()
        elif name == "ping":
            self.connection.send(pong=pb.Pong(nonce=message.nonce, unix_ms=now_ms()))
        elif name == "clip_offer":
            # Something of it is there already. It is continued only if it is of this very file.
            same = all(self.digest(held) == held.sha256 for held in message.held)
            self.open(resume_clip_id=message.clip_id if same else "", fresh=not same)
        elif name == "clip_accepted":
            self.accepted = True
            self.to_send = gaps(message.held, self.size)
        elif name == "ack":
            self.stored = message.stored
            if message.HasField("clip_stored"):
                self.result = message.clip_stored
        elif name == "resend":
            end = message.offset + message.length
            if message.length == 0:
                self.end_sent = False  # The end arrived damaged, or is wanted behind what was asked for before.
            elif end <= self.size:  # The offset of a damaged chunk may be anything.
                self.to_send.insert(0, (message.offset, end))
        elif name == "error":
            raise Refused(message)
        # Whatever else comes is of a newer version, and not for us.

    def open(self, **decision):
        self.connection.send(
            open_clip=pb.OpenClip(stream=STREAM, name=self.name, size=self.size, sha256=self.sha256, **decision)
        )

    def send_something(self):
        """Send a chunk or the end; False when there is nothing to do but wait for the server."""
        if not self.accepted:
            return False
        if self.to_send:
            if self.sent - self.stored + CHUNK_BYTES > self.window_bytes:
                return False
            self.send_chunk()
            return True
        if self.end_sent:
            return False
        crc32 = checksum(self.size, b"", self.sha256)
        end = pb.VideoData(stream=STREAM, offset=self.size, is_end=True, sha256=self.sha256, crc32=crc32)
        self.connection.send(video_data=end)
        self.end_sent = True
        return True

    def send_chunk(self):
        start, end = self.to_send.pop(0)
        self.file.seek(start)
        chunk = self.file.read(min(CHUNK_BYTES, end - start))
        if not chunk:
            raise OSError("The file became shorter while it was being sent")
        if start + len(chunk) < end:
            self.to_send.insert(0, (start + len(chunk), end))
        crc32 = checksum(start, chunk)
        self.connection.send(video_data=pb.VideoData(stream=STREAM, offset=start, crc32=crc32, video_chunk=chunk))
        self.sent += len(chunk)

    def digest(self, held):
        # That may take long: pings are answered meanwhile.
        return sha256_of(self.file, held.start, held.end, self.listen)

    def listen(self):
        if self.connection.has_input():
            self.handle(*self.connection.receive())


def checksum(offset, chunk, sha256=b""):
    """CRC-32 of a VideoData: of its stream and offset, its bytes and, at the end, the SHA-256 of the clip."""
    return zlib.crc32(struct.pack(">IQ", STREAM, offset) + chunk + sha256)


def sha256_of(file, start, end, meanwhile=lambda: None):
    """SHA-256 of the bytes [start, end) of a file."""
    sha256 = hashlib.sha256()
    file.seek(start)
    while start < end:
        piece = file.read(min(1024 * 1024, end - start))
        if not piece:
            raise OSError("The file became shorter while it was being read")
        sha256.update(piece)
        start += len(piece)
        meanwhile()
    return sha256.digest()


def gaps(held, size):
    """What lies between the ranges in `held`, which are sorted, up to `size`."""
    starts = [0] + [each.end for each in held]
    ends = [each.start for each in held] + [size]
    return [(start, end) for start, end in zip(starts, ends) if start < end]


def now_ms():
    return int(time.time() * 1000)


def send_clip(server, device, token, path):
    """Send the file at `path`; return what became of it as a line of text."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        sha256 = sha256_of(file, 0, size)  # Before we connect: a server waits 10 seconds for Hello.
        host, _, port = server.rpartition(":")
        with Connection(host.strip("[]"), int(port)) as connection:
            upload = Upload(connection, file, os.path.basename(path), size, sha256)
            clip = upload.run(device, token)
    how = "Already there" if clip.already_there else "Stored"
    return f"{how} as {clip.stored_name}: sent {upload.sent} of {size} bytes, SHA-256 {sha256.hex()} {clip.url}"


def main():
    parser = argparse.ArgumentParser(description="Send one file to a Framewire server.")
    parser.add_argument("file")
    parser.add_argument("--server", default="127.0.0.1:12345", metavar="HOST:PORT")
    parser.add_argument("--device", default=socket.gethostname(), metavar="NAME")
    options = parser.parse_args()
    try:
        print(send_clip(options.server, options.device, os.environ.get("FRAMEWIRE_TOKEN", ""), options.file))
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(4 if refused.retryable else 3)
    except (ConnectionError, TimeoutError, socket.gaierror) as error:
        print(error, file=sys.stderr)
        sys.exit(4)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
