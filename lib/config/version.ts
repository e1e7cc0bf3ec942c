/** Name and version of this program, as it says them on the wire, on the page and in logs. */
export const VERSION = "0.1.0";
export const SOFTWARE = `framewire/${VERSION}`;
