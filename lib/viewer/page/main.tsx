/// <reference lib="dom" />
/** Where the page starts. */
import { render } from "preact";
import { App } from "./app.tsx";
import { keepConnected } from "./connection.ts";
import { followAddress } from "./deep_link.ts";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
keepConnected();
followAddress();
