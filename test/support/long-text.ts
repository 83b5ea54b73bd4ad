/** Text of about so many bytes, of many different words, and the same for the same number. */
export function longText(bytes: number, seed: number): string {
  const words = Array.from(
    { length: bytes / 8 },
    (_, index) => `w${((index * 7_919 + seed) % 9_973).toString(36)}ing${index % 12 === 11 ? '.' : ''}`,
  );
  return words.join(' ');
}
