/** Priority of streams, the highest first: a reading overtakes frames, and both overtake the chunks of clips. */
export const LANES = ["control", "events", "frames", "clips"] as const;

export type Lane = (typeof LANES)[number];

/** Those lanes in which whole streams are sent, chunk by chunk; control is a queue of small messages. */
export type BulkLane = Exclude<Lane, "control">;
