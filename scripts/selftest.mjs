/** Says what is on the way between here and a Threadline server: node scripts/selftest.mjs <base URL> <token> */
const EXIT = { clean: 0, notClean: 1, untested: 2 };
const FRAMES = 10;

/** There is no verdict; the message says in one sentence why. It never holds the token, nor a URL's password. */
class Untested extends Error {}

try {
  const { base, token } = readArguments(process.argv.slice(2));
  process.exitCode = report(await listen(await ask(base, token)));
} catch (error) {
  if (!(error instanceof Untested)) throw error;
  console.error(error.message);
  process.exitCode = EXIT.untested;
}

function readArguments([base, token]) {
  if (!base || !token) throw new Untested('Usage: node scripts/selftest.mjs <base URL> <token>');
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base))
    throw new Untested(
      'The base URL is not an http:// or https:// address, such as https://chat.example.com.',
    );
  // Refused here: what `fetch` says about such a one repeats it.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Untested('The token has characters that no token has.');
  return { base: base.replace(/\/+$/, ''), token };
}

/** The answer that carries the frames. */
async function ask(base, token) {
  const { origin } = new URL(base);
  let response;
  try {
    response = await fetch(`${base}/chat/stream/selftest`, { headers: { authorization: `Bearer ${token}` } });
  } catch ({ cause }) {
    const reason = cause?.message || cause?.code || 'the request could not be made';
    throw new Untested(`No server could be reached at ${origin} (${reason}).`);
  }
  if (response.ok && isStream(response)) return response;
  await response.body?.cancel();
  throw new Untested(refusal(response, origin));
}

function isStream({ headers }) {
  return (headers.get('content-type') ?? '').startsWith('text/event-stream');
}

function refusal({ ok, status, headers }, origin) {
  if (ok)
    return `What answers at ${origin} sends no stream of events (${headers.get('content-type')}): is it a Threadline server?`;
  if (status === 401 || status === 403)
    return `The server at ${origin} refused the token (${status}): it may be out of date, or made for another server.`;
  if (status === 404) return `The server at ${origin} knows no selftest (404): check the base URL.`;
  if (status === 429)
    return `The server at ${origin} has too many requests or streams of this user (429): try again.`;
  return `The server at ${origin} answered with status ${status} instead of a stream: look at its log.`;
}

/** When each frame arrived. A stream that breaks off has the frames it had. */
async function listen({ headers, body }) {
  const arrivals = [];
  let text = '';
  try {
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      text += part;
      const frames = text
        .split('\n\n')
        .slice(0, -1)
        .filter((frame) => frame.includes('"type":"selftest"'));
      while (arrivals.length < frames.length) arrivals.push(performance.now());
    }
  } catch {
    // Counted below like any other answer that ended early.
  }
  return { arrivals, encoding: headers.get('content-encoding') };
}

function report({ arrivals, encoding }) {
  const [first = 0, last = 0] = [arrivals[0], arrivals.at(-1)];
  const spread = last - first;
  const longest = Math.max(0, ...arrivals.slice(1).map((at, index) => at - arrivals[index]));
  const verdict = verdictOn(arrivals.length, spread, longest);
  console.log(`${verdict}${encoding === null ? '' : `, compressed (${encoding})`}`);
  console.log(
    `${arrivals.length} of ${FRAMES} frames over ${Math.round(spread)} ms, the longest gap ${Math.round(longest)} ms`,
  );
  return verdict === 'clean' && encoding === null ? EXIT.clean : EXIT.notClean;
}

function verdictOn(count, spread, longest) {
  if (count !== FRAMES) return 'broken';
  if (spread < 500) return 'buffered';
  return longest > 600 ? 'partly buffered' : 'clean';
}
