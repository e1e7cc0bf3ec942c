import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeConnack,
  decodePublish,
  decodeSuback,
  encodeConnect,
  encodeDisconnect,
  encodePing,
  encodePubacks,
  encodeSubscribe,
  type MqttPacket,
} from "../../lib/agent/mqtt_packets.ts";
import { FramewireError } from "../../lib/errors.ts";

function packet(hex: string, flags = 0, bytes?: number): MqttPacket {
  const body = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  return { type: 0, flags, body, bytes: bytes ?? body.length };
}

Deno.test("mqtt packets: what we send is what the standard says", () => {
  const who = { clientId: "ab", user: null, password: null, keepAliveSeconds: 40 };
  const hex = (bytes: Uint8Array) => bytes.toHex();
  assertEquals(hex(encodeConnect(who)), "100e" + "00044d515454" + "04" + "00" + "0028" + "00026162");
  // Figure 3.6 of the standard: user and password behind the name.
  assertEquals(
    hex(encodeConnect({ ...who, user: "u", password: "pw" })),
    "1015" + "00044d515454" + "04" + "c0" + "0028" + "00026162" + "000175" + "00027077",
  );
  // Figure 3.24: "a/b" and "c/d".
  assertEquals(hex(encodeSubscribe(10, ["a/b", "c/d"])), "820e" + "000a" + "0003612f6201" + "0003632f6401");
  assertEquals(hex(encodePubacks([1, 0xfffe])), "40020001" + "4002fffe");
  assertEquals([hex(encodePing()), hex(encodeDisconnect())], ["c000", "e000"]);
});

Deno.test("mqtt packets: a length above 127 has two bytes, seven bits each", () => {
  const filter = "x".repeat(320);
  // Section 2.2.3: 321 is 65 + 2 * 128.
  assertEquals(encodeSubscribe(1, [filter]).subarray(0, 3).toHex(), "82" + "c502");
});

Deno.test("mqtt packets: what a broker sends is read", () => {
  assertEquals(decodeConnack(packet("0100")), { hasSession: true, code: 0 });
  assertEquals(decodeConnack(packet("0005")), { hasSession: false, code: 5 });
  assertEquals(decodeSuback(packet("000a 00 01 80")), { id: 10, granted: [0, 1, 128] });
  const message = { topic: "a/b", isRetained: false, bytes: 2 };
  assertEquals(decodePublish(packet("0003612f62 000a 6869", 0b0010)), {
    ...{ ...message, qos: 1, id: 10, payload: Uint8Array.of(104, 105) },
  });
  assertEquals(decodePublish(packet("0003612f62 6869", 0b0001)), {
    ...{ ...message, qos: 0, id: 0, isRetained: true, payload: Uint8Array.of(104, 105) },
  });
  const large = decodePublish(packet("0003612f62 000a 6869", 0b1010, 5_000_000));
  assertEquals([large.topic, large.id, large.payload, large.bytes], ["a/b", 10, null, 4_999_993]);
});

Deno.test("mqtt packets: what is cut short or no text is refused", () => {
  const tries: (() => unknown)[] = [
    () => decodeConnack(packet("01")),
    () => decodeSuback(packet("000a")),
    () => decodePublish(packet("")),
    () => decodePublish(packet("0009612f62")),
    () => decodePublish(packet("0003612f62 00", 0b0010)),
    () => decodePublish(packet("0001ff")),
    // QoS 2 and 3, which nobody asked for.
    () => decodePublish(packet("0003612f62 000a", 0b0100)),
    () => decodePublish(packet("0003612f62 000a", 0b0110)),
  ];
  for (const one of tries) assertEquals(assertThrows(one, FramewireError).code, "MALFORMED", String(one));
});
