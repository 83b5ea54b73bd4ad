/** The tool that says much, and of what kinds its text may be. */
export const SAY = 'say_much';

/** A line of each kind: one byte for each character, and more than that. */
export const LINES = { ascii: 'line after line\n', wide: 'Zeile für Zeile – 😀\n' } as const;
export type Kind = keyof typeof LINES;
