/** The address of a broker of MQTT: `mqtt://user:password@host:1883`, or `mqtts://` for TLS. */
import { usage } from "../config/values.ts";
import type { MqttOrigin } from "./agent_config.ts";

const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883 };
const ALLOWED = "mqtt:// or mqtts://, perhaps USER:PASSWORD@, and HOST or HOST:PORT";

/** Passwords are in no message. @throws {FramewireError} `USAGE`. */
export function parseBroker(name: string, text: string): Pick<MqttOrigin, "address" | "user" | "password" | "tls"> {
  const shown = text.replace(/\/\/.*@/s, "//…@");
  const url = URL.canParse(text) ? new URL(text) : null;
  const port = url === null ? undefined : PORTS[url.protocol];
  if (url === null || port === undefined || url.hostname === "" || !["", "/"].includes(url.pathname)) {
    throw usage(name, ALLOWED, shown);
  }
  if (url.search !== "" || url.hash !== "") throw usage(name, `${ALLOWED}; % stands for # and ? in a password`, shown);
  try {
    return {
      address: { hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? port : Number(url.port) },
      user: url.username === "" ? null : decodeURIComponent(url.username),
      password: url.password === "" ? null : decodeURIComponent(url.password),
      tls: url.protocol === "mqtts:",
    };
  } catch {
    throw usage(name, `${ALLOWED}, with %25 for a %`, shown);
  }
}
