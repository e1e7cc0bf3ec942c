/// <reference lib="dom" />
/** Where the page starts. */
import { render } from "preact";
import { App } from "./app.tsx";
import { keepConnected } from "./connection.ts";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
keepConnected();
