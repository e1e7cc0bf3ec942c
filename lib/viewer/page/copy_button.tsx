/// <reference lib="dom" />
/** A button which copies a text. */
import { useSignal } from "@preact/signals";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 1_500;

/** Copies `text`; `label` says to a screen reader what it is. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const copied = useSignal(false);
  async function copy(): Promise<void> {
    copied.value = await copyText(text);
    setTimeout(() => copied.value = false, SHOWN_MS);
  }
  return (
    <button type="button" class="icon-button" aria-label={copied.value ? "Copied" : label} title={label} onClick={copy}>
      <Icon name={copied.value ? "check" : "copy"} />
    </button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS the clipboard is only there on localhost; this old way works everywhere.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "off-screen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
