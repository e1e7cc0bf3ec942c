/** What stands where nothing is yet: how to get something. */
import { CopyButton } from "../copy_button.tsx";
import { link } from "../state.ts";

const WORDS = {
  readings: {
    head: "No readings yet",
    text: "Send some from any machine that reaches this server. They are drawn here at once, while they come:",
    command: "deno task send --sensor demo",
  },
  boxes: {
    head: "No boxes yet",
    text: "A box shows up here as soon as it connects. Try one on this machine:",
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
  const { head, text, command } = WORDS[what];
  return (
    <div class="empty">
      <img src="/favicon.svg" alt="" width={56} height={56} />
      <h2>{head}</h2>
      <p>{text}</p>
      <div class="command">
        <span class="command-words">A sensor</span>
        <code>{command}</code>
        <CopyButton text={command} label="Copy the command for a sensor" />
      </div>
      <p class="hint">
        From another machine, add <code>--server HOST:PORT</code> with the address this server printed when it started.
      </p>
    </div>
  );
}
