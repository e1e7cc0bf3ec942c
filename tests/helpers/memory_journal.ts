import type { CrashKeeps, FolderNode, Node } from "./memory_inode.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** One change of one name. */
export interface NameChange {
  readonly folder: FolderNode;
  readonly name: string;
  /** What the name stands for afterwards; null when it is gone. */
  readonly node: Node | null;
}

/** Changes which reach the disk together, as a rename does, when `folder` is synced. */
interface Operation {
  readonly folder: FolderNode;
  readonly changes: readonly NameChange[];
}

/**
 * Creates, renames and removals which are not on the disk yet. Stricter than most file systems, which write down all
 * earlier changes whenever one folder is synced: here a sync writes down this folder's, and those they build on.
 */
export class MemoryJournal {
  #pending: Operation[] = [];

  /** Does the changes for programs, and remembers them for the next sync of `folder`. */
  record(folder: FolderNode, changes: readonly NameChange[]): void {
    for (const change of changes) apply(change, "live");
    this.#pending.push({ folder, changes });
  }

  /** Starts a sync of a folder: `settle(true)` puts its changes on the disk, `settle(false)` loses them for good. */
  beginSync(folder: FolderNode): (ok: boolean) => void {
    const needed = new Set<Operation>();
    const touched: NameChange[] = [];
    for (const operation of this.#pending.toReversed()) {
      if (operation.folder !== folder && !shares(operation.changes, touched)) continue;
      needed.add(operation);
      touched.push(...operation.changes);
    }
    return (ok) => {
      for (const operation of this.#pending) {
        if (ok && needed.has(operation)) { for (const change of operation.changes) apply(change, "durable"); }
      }
      this.#pending = this.#pending.filter((operation) => !needed.has(operation));
    };
  }

  /** Puts what a power cut keeps of the rest on the disk; a change is lost with the one it builds on. */
  crash(keeps: CrashKeeps, random: SeededRandom): void {
    const lost: NameChange[] = [];
    for (const { changes } of this.#pending) {
      const isLost = keeps === "nothing" || (keeps === "random" && random.chance(0.5)) || shares(changes, lost);
      if (isLost) lost.push(...changes);
      else for (const change of changes) apply(change, "durable");
    }
    this.#pending = [];
  }
}

function apply({ folder, name, node }: NameChange, where: "live" | "durable"): void {
  if (node === null) folder[where].delete(name);
  else folder[where].set(name, node);
}

function shares(changes: readonly NameChange[], others: readonly NameChange[]): boolean {
  return changes.some((a) => others.some((b) => a.folder === b.folder && a.name === b.name));
}
