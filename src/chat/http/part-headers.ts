/** What browsers show without running anything in it. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/[\w.+-]{1,60}|text\/plain)$/;
/** What is downloaded under its own type: no browser runs it. */
const NAMED = /^(?:application\/(?:pdf|json|zip|gzip)|text\/(?:csv|markdown)|video\/[\w.+-]{1,60})$/;

/** How a content of strangers is served: what it says of its own type is believed as far as that does no harm. */
export function howServed(mediaType: string, name: string) {
  const [type = ''] = mediaType.toLowerCase().split(';', 1);
  const own = type.trim();
  const isShown = SHOWN.test(own);
  const isText = own.startsWith('text/') || own === 'application/json';
  const served = isShown || NAMED.test(own) ? own : 'application/octet-stream';
  return {
    type: isText && served === own ? `${served}; charset=utf-8` : served,
    disposition: `${isShown ? 'inline' : 'attachment'}; filename="${name}${EXTENSIONS[own] ?? ''}"`,
    /** Should a browser take it for a page all the same, nothing in it runs and nothing is loaded. */
    headers: new Map([
      ['Content-Security-Policy', "default-src 'none'; sandbox"],
      ['X-Content-Type-Options', 'nosniff'],
    ]),
  };
}

/** Of types whose files are opened by their names. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'application/pdf': '.pdf',
  'application/json': '.json',
  'text/csv': '.csv',
  'text/plain': '.txt',
};
