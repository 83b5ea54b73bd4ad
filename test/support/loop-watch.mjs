// Preloaded by the server processes of tests: keeps what was compiled for the next one, and notes in the file
// THREADLINE_LOOP_REPORT when one turn of the event loop takes long. What counts is the thread's own processor time: a
// busy machine makes nobody look slow.
import { appendFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

const EVERY_MS = 5;
/** What nobody should have to wait longer than. */
const MOST_MS = 250;
/** What the server says when it has started; loading everything takes longer than anything later may. */
const STARTED = /listens on http|^Threadline \S+ /m;
/** What the first requests load is loaded by then. */
const SETTLE_MS = 2_000;

const report = process.env.THREADLINE_LOOP_REPORT;
const usedMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  if (STARTED.test(String(text))) {
    process.stdout.write = write;
    // Most servers of tests are killed, and would keep what they have compiled only at an orderly end.
    setImmediate(flushCompileCache);
    if (report !== undefined) setTimeout(watch, SETTLE_MS).unref();
  }
  return write(text, ...rest);
};

function watch() {
  let before = usedMs();
  setInterval(() => {
    const now = usedMs();
    const held = Math.round(now - before);
    before = now;
    if (held > MOST_MS)
      appendFileSync(report, `${process.pid} held its event loop for ${held} ms of processor time\n`);
  }, EVERY_MS).unref();
}
