/** Says what is on the way between here and a Threadline server: node scripts/selftest.mjs <base URL> <token> */
const [base, token] = process.argv.slice(2);
const response = await fetch(`${base}/chat/stream/selftest`, {
  headers: { authorization: `Bearer ${token}` },
});
if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
const encoding = response.headers.get('content-encoding');
const arrivals = [];
let text = '';
for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
  text += part;
  const frames = text
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => frame.includes('"type":"selftest"'));
  while (arrivals.length < frames.length) arrivals.push(performance.now());
}
const [first = 0, last = 0] = [arrivals[0], arrivals.at(-1)];
const spread = last - first;
const longest = Math.max(0, ...arrivals.slice(1).map((at, index) => at - arrivals[index]));
const verdict =
  arrivals.length !== 10 ? 'broken' : spread < 500 ? 'buffered' : longest > 600 ? 'partly buffered' : 'clean';
console.log(`${verdict}${encoding === null ? '' : `, compressed (${encoding})`}`);
console.log(
  `${arrivals.length} of 10 frames over ${Math.round(spread)} ms, the longest gap ${Math.round(longest)} ms`,
);
process.exitCode = verdict === 'clean' && encoding === null ? 0 : 1;
