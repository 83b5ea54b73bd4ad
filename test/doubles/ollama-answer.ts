import type { ServerResponse } from 'node:http';
import { doneReason, LineWriter, numbersFor, wireToolCalls } from './ollama-wire.js';
import { streamed, type AnswerWire, type AnswerWriter } from './stand-in-answer.js';
import type { Behaviour } from './stand-in-behaviour.js';
import type { Asked } from './stand-in-words.js';

/** Writes a streamed answer as Ollama would, with the behaviour's fault in it. */
export async function streamChat(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
): Promise<void> {
  await streamed(response, behaviour, { 'content-type': 'application/x-ndjson' }, async (answer) => {
    const lines = new LineWriter(asked.model);
    for (let index = 0; index < behaviour.reasoning; index += 1) {
      await answer.send(lines.message({ thinking: `thought ${index}, ` }));
    }
    await answer.sendTokens(wireOf(lines), asked.say);
    await sendToolCalls(answer, behaviour, lines);
    await sendEnd(answer, behaviour, lines, asked);
  });
}

/** Go writes no half of a pair; servers that imitate Ollama may. */
function wireOf(lines: LineWriter): AnswerWire {
  return {
    frame: (text) => lines.message({ content: text }),
    malformed: '{"model":"llama3","message":{"role":"assistant","content":"secret words\n',
    error: '{"error":"an error was encountered while running the model: secret words: unexpected EOF"}\n',
    alive: lines.message({}),
    endsAfterError: true,
  };
}

async function sendEnd(
  answer: AnswerWriter,
  behaviour: Behaviour,
  lines: LineWriter,
  asked: Asked,
): Promise<void> {
  const { fault } = behaviour;
  if (fault === 'no_finish') return;
  // The cost stands in the line that ends the answer: before the one is before the other.
  if (fault === 'stall_before_usage') answer.stop();
  if (fault === 'cut_before_usage') await answer.cut();
  await answer.send(lines.done(doneReason(behaviour), numbersFor(behaviour, asked)));
}

/** The first two calls in one line, each further one in a line of its own: Ollama does both. */
async function sendToolCalls(answer: AnswerWriter, behaviour: Behaviour, lines: LineWriter): Promise<void> {
  const [first, second, ...others] = wireToolCalls(behaviour);
  const together = [first, second].filter((call) => call !== undefined);
  for (const calls of [together, ...others.map((call) => [call])]) {
    if (calls.length === 0) continue;
    const line = lines.message({ tool_calls: calls });
    if (behaviour.fault === 'tool_cut') {
      await answer.send(line.slice(0, line.indexOf('"arguments"') + 16));
      await answer.cut();
    }
    await answer.send(line);
  }
}
