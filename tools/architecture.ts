/**
 * What the sources of `lib/` use, read from their syntax trees: the ground of `tests/architecture_test.ts`. It needs
 * `Deno.lint.runPlugin`, which exists in `deno test` only.
 */

/** A use of something, and where. */
export interface Use {
  /** The module, global or member, e.g. `./a.ts`, `setTimeout`, `Deno.open`. */
  readonly what: string;
  readonly line: number;
  /** Gone at run time: an `import type`, or a type. */
  readonly isType: boolean;
}

/** What one file uses. */
export interface SourceUses {
  readonly imports: readonly Use[];
  /** Globals which are not defined by the language alone, and the members of `Deno`, `Date`, `Math`, … */
  readonly globals: readonly Use[];
}

/** Names whose members are told apart: `Math.max` is arithmetic, `Math.random` is not. */
const NAMESPACES = new Set([
  ...["AbortSignal", "Date", "Deno", "Math", "console", "crypto", "globalThis", "performance", "process", "self"],
]);

/** Functions which are told wherever they are named. */
const FUNCTIONS = new Set(["fetch", "setImmediate", "setInterval", "setTimeout"]);

/** Classes which are told where one is made, as `new X`. */
const CLASSES = new Set(["EventSource", "WebSocket", "Worker"]);

/** Nodes in which an identifier names a member or a new thing, and refers to no global. */
function refersToGlobal(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node & Record<string, unknown>;
  switch (parent.type) {
    case "MemberExpression":
      return parent["object"] === node || parent["computed"] === true;
    case "Property":
      return parent["value"] === node;
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "TSEnumMember":
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "TSAbstractMethodDefinition":
    case "LabeledStatement":
      return false;
    case "TSQualifiedName":
      return parent["left"] === node;
    default:
      return true;
  }
}

function isTypeOnly(node: { importKind?: string; specifiers?: readonly unknown[] }): boolean {
  if (node.importKind === "type") return true;
  const specifiers = node.specifiers ?? [];
  return specifiers.length > 0 &&
    specifiers.every((specifier) => (specifier as { importKind?: string }).importKind === "type");
}

/** What `node` stands for; null when it is of no interest. `X.*` where the member cannot be seen, as in `const { now } = Date`. */
function globalOf(node: Deno.lint.Identifier): string | null {
  const parent = node.parent as Deno.lint.Node & Record<string, unknown>;
  if (FUNCTIONS.has(node.name)) return node.name;
  const isNew = parent.type === "NewExpression" && parent["callee"] === node;
  if (CLASSES.has(node.name)) return isNew ? `new ${node.name}` : null;
  if (!NAMESPACES.has(node.name)) return null;
  if (isNew && node.name === "Date") return (parent["arguments"] as unknown[]).length === 0 ? "new Date()" : null;
  const next = (parent["property"] ?? parent["right"]) as { type: string; name?: string; value?: unknown } | undefined;
  if (parent.type === "MemberExpression" || parent.type === "TSQualifiedName") {
    if (next?.type === "Identifier" && parent["computed"] !== true) return `${node.name}.${next.name}`;
    if (next?.type === "Literal") return `${node.name}.${String(next.value)}`;
    return `${node.name}.*`;
  }
  const isType = parent.type === "TSTypeReference" || parent.type === "BinaryExpression";
  return isType ? null : `${node.name}.*`;
}

/** Reads what `source` uses. @throws {Error} when it does not parse. */
export function usesOf(path: string, source: string): SourceUses {
  const imports: Use[] = [];
  const globals: Use[] = [];
  const lineOf = (node: { range: readonly [number, number] }) => source.slice(0, node.range[0]).split("\n").length;
  function imported(node: Deno.lint.Node, what: unknown, isType: boolean) {
    imports.push({ what: typeof what === "string" ? what : "(not a literal)", line: lineOf(node), isType });
  }
  const plugin: Deno.lint.Plugin = {
    name: "architecture",
    rules: {
      uses: {
        create: () => ({
          ImportDeclaration: (node) => imported(node, node.source.value, isTypeOnly(node)),
          ExportAllDeclaration: (node) => imported(node, node.source.value, node.exportKind === "type"),
          ExportNamedDeclaration(node) {
            if (node.source) imported(node, node.source.value, node.exportKind === "type");
          },
          ImportExpression: (node) => imported(node, (node.source as { value?: unknown }).value, false),
          TSImportType: (node) =>
            imported(
              node,
              (node.argument as { value?: unknown; literal?: { value?: unknown } }).literal?.value ??
                (node.argument as { value?: unknown }).value,
              true,
            ),
          Identifier(node) {
            const what = refersToGlobal(node) ? globalOf(node) : null;
            if (what === null) return;
            globals.push({ what, line: lineOf(node), isType: node.parent.type === "TSQualifiedName" });
          },
        }),
      },
    },
  };
  const problems = Deno.lint.runPlugin(plugin, path, source);
  if (problems.length > 0) throw new Error(`Cannot read ${path}: ${problems[0]?.message}`);
  return { imports, globals };
}
