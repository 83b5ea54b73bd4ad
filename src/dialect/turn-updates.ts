import { Injectable } from '@nestjs/common';
import { FindLastReset, FollowTurn, type StreamItem } from '../chat/index.js';
import { SaidText, type Caller } from '../kernel/index.js';
import type { LoggedEvent } from '../log/index.js';
import type { StartedTurn } from '../turn/index.js';
import { TurnAnswerReader, type AnswerUpdate, type AnswerUpdates } from './answer-updates.js';

/** Reads a turn of a thread as one answer, for wires without turns. */
@Injectable()
export class TurnUpdates {
  constructor(
    private readonly followTurn: FollowTurn,
    private readonly findLastReset: FindLastReset,
  ) {}

  /**
   * The updates of the turn from its start to its end, without the attempts that have been reset by now. `inDetail`: as of a
   * `TurnAnswerReader`.
   */
  async *of(caller: Caller, started: StartedTurn, signal: AbortSignal, inDetail = false): AnswerUpdates {
    const after = await this.findLastReset.seq(caller, started, signal);
    const heard = new SaidText({ keepsText: false });
    const reader = new TurnAnswerReader(inDetail);
    for await (const items of this.followTurn.events(caller, started, after, signal)) {
      const said = items.flatMap((item) =>
        isLogged(item) ? reader.read(item) : control(item, reader, heard.chars),
      );
      for (const one of said) {
        if (one.type === 'piece') heard.say(one.text);
        else if (one.type === 'reset') heard.reset();
      }
      if (said.length > 0) yield said;
    }
  }
}

/**
 * The updates for a control frame: the end, for now, of a turn that waits; and the text that a reader missed because it
 * was compacted.
 */
function control(
  item: Exclude<StreamItem, LoggedEvent>,
  reader: TurnAnswerReader,
  heard: number,
): readonly AnswerUpdate[] {
  if (item.type === 'suspended') return reader.waits();
  if (item.type !== 'snapshot' || item.data.content.length <= heard) return [];
  return [{ type: 'piece', text: item.data.content.slice(heard) }];
}

function isLogged(item: StreamItem): item is LoggedEvent {
  return 'seq' in item;
}
