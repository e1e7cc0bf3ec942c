/** What Deno throws for an error of the operating system: class, `code` and text, as seen with Deno 2.9.6 on Linux. */
const OS_ERRORS = {
  ENOENT: [Deno.errors.NotFound, "No such file or directory (os error 2)"],
  EINTR: [Deno.errors.Interrupted, "operation canceled"],
  EIO: [Error, "Input/output error (os error 5)"],
  EBADF: [Error, "Bad file descriptor (os error 9)"],
  EEXIST: [Deno.errors.AlreadyExists, "File exists (os error 17)"],
  ENOTDIR: [Deno.errors.NotADirectory, "Not a directory (os error 20)"],
  EISDIR: [Deno.errors.IsADirectory, "Is a directory (os error 21)"],
  EINVAL: [TypeError, "Invalid argument (os error 22)"],
  EMFILE: [Error, "Too many open files (os error 24)"],
  ENOSPC: [Error, "No space left on device (os error 28)"],
  EPIPE: [Deno.errors.BrokenPipe, "Broken pipe (os error 32)"],
  ENOTEMPTY: [Error, "Directory not empty (os error 39)"],
  ENAMETOOLONG: [Error, "File name too long (os error 36)"],
  EADDRINUSE: [Deno.errors.AddrInUse, "Address already in use (os error 98)"],
  ECONNRESET: [Deno.errors.ConnectionReset, "Connection reset by peer (os error 104)"],
  ECONNREFUSED: [Deno.errors.ConnectionRefused, "Connection refused (os error 111)"],
} as const satisfies Record<string, readonly [new (message: string) => Error, string]>;

/** Errors which {@linkcode osError} can make. */
export type OsErrorCode = keyof typeof OS_ERRORS;

/** An error as Deno throws it; `about` is what was tried, such as `open '/a/b'`. */
export function osError(code: OsErrorCode, about?: string): Error & { readonly code: OsErrorCode } {
  const [Class, text] = OS_ERRORS[code];
  return Object.assign(new Class(about === undefined ? text : `${text}: ${about}`), { code });
}

/** What Deno throws for a file, connection or listener which is closed already. */
export function closedError(): Error {
  return new Deno.errors.BadResource("Bad resource ID");
}
