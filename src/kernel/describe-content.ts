const UNITS = ['bytes', 'kB', 'MB', 'GB'];

/** A content in words, such as `PNG, 120 kB`. */
export function describeContent(mediaType: string | undefined, size: number | undefined): string {
  return [mediaType === undefined ? '' : formatOf(mediaType), size === undefined ? '' : sizeInWords(size)]
    .filter((word) => word !== '')
    .join(', ');
}

/** What stands for an image in the text of a result. */
export function imageInWords(image: { readonly mediaType: string; readonly size?: number }): string {
  return `[image: ${describeContent(image.mediaType, image.size)}]`;
}

function formatOf(mediaType: string): string {
  const [, format] =
    /^(?:image|audio|video|application|text)\/(?:x-)?([\w.-]+)(?:\+\w+)?$/.exec(mediaType) ?? [];
  return format === undefined || format === 'octet-stream' ? mediaType.slice(0, 100) : format.toUpperCase();
}

function sizeInWords(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1_000 && unit < UNITS.length - 1; unit += 1) size /= 1_000;
  return `${unit > 0 && size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${UNITS[unit]}`;
}
