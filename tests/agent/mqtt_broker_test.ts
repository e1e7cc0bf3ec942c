import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseBroker } from "../../lib/agent/mqtt_broker.ts";
import { FramewireError } from "../../lib/errors.ts";

Deno.test("mqtt broker: an address has its defaults, and signs in what it hides", () => {
  const plain = { user: null, password: null, tls: false };
  assertEquals(parseBroker("mqtt", "mqtt://10.0.0.5"), { ...plain, address: { hostname: "10.0.0.5", port: 1883 } });
  assertEquals(parseBroker("mqtt", "mqtt://[::1]:9/"), { ...plain, address: { hostname: "::1", port: 9 } });
  assertEquals(parseBroker("mqtt", "mqtts://me:p%40%25@broker"), {
    ...{ address: { hostname: "broker", port: 8883 }, user: "me", password: "p@%", tls: true },
  });
});

Deno.test("mqtt broker: what is none is refused, and no password is in the message", () => {
  const wrong = [
    "",
    "broker:1883",
    "http://a",
    "mqtt://",
    "mqtt://a/topic",
    "mqtt://u:secret@a?x",
    "mqtt://u:secret#1@a",
  ];
  for (const text of [...wrong, "mqtt://u:secret%@a", "mqtt://u:secret@a:99999", "mqtt://u:sec@ret@a/x"]) {
    const { message } = assertThrows(() => parseBroker("mqtt", text), FramewireError, "Cannot use mqtt");
    assert(!message.includes("secret") && !message.includes("ret@"), message);
  }
});
