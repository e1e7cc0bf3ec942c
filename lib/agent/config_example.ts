/** What `agent --init` writes: every kind of part once, those which need something of the box as comments. */

/** The text of an example; it passes `--check`. */
export const CONFIG_EXAMPLE = `{
  // What this box sends, and where to. Changes apply by themselves; "framewire agent --check" tells what is wrong.
  "$schema": "./edge.schema.json",

  "server": "127.0.0.1:12345",
  // "device": "line-1",                    // the host name, if left out
  // "token-file": "/etc/framewire/token",  // or the variable FRAMEWIRE_TOKEN
  // "tls": true,                           // or "tls-ca": "/etc/framewire/ca.pem"

  // Events, and pictures of cameras with "policy": "all", wait here while there is no network. When it is full, the
  // oldest go first.
  "spool": { "dir": "spool", "max": "2GB", "keep": "7d" },

  // Cameras (through ffmpeg) and folders of pictures.
  "sources": [
    // { "source": "left", "camera": "/dev/video0", "width": 1280, "fps": 10, "quality": 80 },
    // { "source": "gate", "camera": "rtsp://user:password@192.0.2.7/stream", "kind": "visible" },
    // { "source": "heat", "frames": "/var/heat", "kind": "infrared", "follow": true, "policy": "all" },
  ],

  // Folders whose files are sent once they have stopped growing; "then" happens when the server has stored them.
  "clips": [
    // { "folder": "/var/clips", "pattern": "*.mp4", "settled": "5s", "then": "keep" },
    // { "folder": "/var/more", "then": "move", "to": "/var/sent" },
  ],

  // Events: each line is a reading, a text or a JSON object.
  "feeds": [
    { "feed": "demo", "sensor": "demo", "interval": "1s" },
    // { "feed": "machine", "command": "python3 /opt/read_machine.py" },
    // { "feed": "load", "command": "cat /proc/loadavg", "interval": "10s" },
    // { "feed": "log", "file": "/var/log/machine.ndjson" },
    // { "feed": "push", "http": "127.0.0.1:9000" },  // curl --data-binary @lines http://127.0.0.1:9000/
    // { "feed": "halls", "mqtt": "mqtt://user:password@192.0.2.8", "topics": ["halls/+/temperature"] },
  ],
}
`;
