/** What stands where nothing is yet: how to get something. */
import { CopyButton } from "../copy_button.tsx";
import { link } from "../state.ts";

const WORDS = {
  cameras: {
    head: "No cameras yet",
    text: "Send one from any machine that reaches this server. Its pictures show up here at once:",
    name: "A camera",
    command: "deno task send --camera test --source front",
  },
  clips: {
    head: "No clips yet",
    text: "Send one from any machine that reaches this server. It shows up here at once, while it arrives:",
    name: "A clip",
    command: "deno task send --file clip.mp4",
  },
  readings: {
    head: "No readings yet",
    text: "Send some from any machine that reaches this server. They are drawn here at once, while they come:",
    name: "A sensor",
    command: "deno task send --sensor demo",
  },
  boxes: {
    head: "No boxes yet",
    text: "A box shows up here as soon as it connects. Try one on this machine:",
    name: "A sensor",
    command: "deno task send --sensor demo",
  },
} as const;

/** With a command to copy. */
export function Empty({ what }: { what: keyof typeof WORDS }) {
  if (link.value === "connecting") return <div class="empty" aria-busy />;
  if (link.value === "lost") {
    return (
      <div class="empty">
        <p>There is nothing to show until the server is back.</p>
      </div>
    );
  }
  const { head, text, name, command } = WORDS[what];
  return (
    <div class="empty">
      <img src="/favicon.svg" alt="" width={56} height={56} />
      <h2>{head}</h2>
      <p>{text}</p>
      <div class="command">
        <span class="command-words">{name}</span>
        <code>{command}</code>
        <CopyButton text={command} label={`Copy the command for ${name.toLowerCase()}`} />
      </div>
      <p class="hint">
        From another machine, add <code>--server HOST:PORT</code> with the address this server printed when it started.
      </p>
    </div>
  );
}
