#!/usr/bin/env python3
"""An analyser for Framewire in 15 lines: what is larger than 100 KB is a defect. Needs python3-protobuf.

    deno task serve --analyzer "python3 examples/python/analyzer_minimal.py"

The rules are in docs/ANALYSIS.md. Standard output belongs to the answers: print to standard error.
"""

import json
import struct
import sys

import analysis_pb2 as pb

while prefix := sys.stdin.buffer.read(4):
    request = pb.AnalysisRequest.FromString(sys.stdin.buffer.read(*struct.unpack(">I", prefix)))
    size = len(request.jpeg)
    result = {"result": "defect" if size > 100_000 else "ok", "measures": {"bytes": size}}
    reply = pb.AnalysisReply(id=request.id, json=json.dumps(result)).SerializeToString()
    sys.stdout.buffer.write(struct.pack(">I", len(reply)) + reply)
    sys.stdout.buffer.flush()
