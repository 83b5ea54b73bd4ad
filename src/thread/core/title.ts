const MAX_TITLE_WORDS = 10;
const MAX_TITLE_CHARS = 80;

/** A thread's title until its user sets one: the first words of its first message, on one line. */
export function titleFrom(content: string): string {
  const words = content.slice(0, 1_000).trim().split(/\s+/u);
  let title = words.slice(0, MAX_TITLE_WORDS).join(' ');
  const characters = Array.from(title);
  const cut = characters.length > MAX_TITLE_CHARS;
  if (cut)
    title = characters
      .slice(0, MAX_TITLE_CHARS - 1)
      .join('')
      .trimEnd();
  return cut || words.length > MAX_TITLE_WORDS ? `${title}…` : title;
}
