#!/usr/bin/env python3
"""An analyser for Framewire with OpenCV: finds bright spots, and draws a box around each in the page.

    deno task serve --analyzer "python3 examples/python/analyzer_opencv.py --max-spots 0"

Needs python3-opencv and python3-protobuf. The rules are in docs/ANALYSIS.md.
"""

import argparse
import json
import struct
import sys

import analysis_pb2 as pb
import cv2
import numpy


def analyse(picture, options):
    """What there is to say about a picture (rows of blue, green, red), as the JSON of a result."""
    height, width = picture.shape[:2]
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    _, bright = cv2.threshold(grey, options.threshold, 255, cv2.THRESH_BINARY)
    contours = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[-2]
    spots = sorted(contours, key=cv2.contourArea, reverse=True)
    spots = [spot for spot in spots if cv2.contourArea(spot) >= options.min_area * width * height]
    boxes = [box(cv2.boundingRect(spot), width, height) for spot in spots[:20]]
    measures = {"spots": len(spots), "bright_part": round(float((bright > 0).mean()), 4)}
    if len(spots) <= options.max_spots:
        return {"result": "ok", "boxes": boxes, "measures": measures}
    reason = f"Bright spots {len(spots)} must be <= {options.max_spots}"
    return {"result": "defect", "reasons": [reason], "boxes": boxes, "measures": measures}


def box(rectangle, width, height):
    """A box in fractions of the picture: pixels differ from camera to camera."""
    x, y, w, h = rectangle
    return {"x": x / width, "y": y / height, "width": w / width, "height": h / height, "label": "bright"}


def requests(stream):
    """The requests of the server, each behind its length, until it ends the stream."""
    while prefix := stream.read(4):
        (length,) = struct.unpack(">I", prefix)
        yield pb.AnalysisRequest.FromString(stream.read(length))


def main():
    parser = argparse.ArgumentParser(description="Find bright spots in the pictures of a Framewire server.")
    parser.add_argument("--threshold", type=int, default=200, help="luma from which a pixel is bright, 0 to 255")
    parser.add_argument("--min-area", type=float, default=0.001, help="smallest spot, as a part of the picture")
    parser.add_argument("--max-spots", type=int, default=0, help="more of them are a defect")
    options = parser.parse_args()
    for request in requests(sys.stdin.buffer):
        picture = cv2.imdecode(numpy.frombuffer(request.jpeg, numpy.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            result = {"result": "defect", "reasons": ["OpenCV cannot decode the picture"]}
        else:
            result = analyse(picture, options)
        reply = pb.AnalysisReply(id=request.id, json=json.dumps(result)).SerializeToString()
        # Nothing else may go to standard output; print() to standard error.
        sys.stdout.buffer.write(struct.pack(">I", len(reply)) + reply)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
