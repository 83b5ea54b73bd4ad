import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Listener } from '../../platform/database/index.js';
import { userEventSql, type Thread } from '../../thread/index.js';
import type { Input } from '../../turn/index.js';
import type { SignalReader, UserSignal, UserSignals } from '../ports/user-signals.js';

const { USER_EVENT_CHANNEL, addressesOf } = userEventSql;

const about = { id: z.string(), to: z.string() };

/** The payload of a notification, which a statement of ours has made. */
const payloadSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['thread_created', 'thread_updated', 'input_opened']), ...about }),
  z.object({ kind: z.enum(['turn_started', 'turn_waiting', 'turn_ended']), threadId: z.string(), ...about }),
  z.object({
    kind: z.literal('thread_deleted'),
    thread: z.custom<Thread>((thread) => typeof thread === 'object'),
    ...about,
  }),
  z.object({
    kind: z.literal('input_closed'),
    input: z
      .custom<Input>((input) => typeof input === 'object' && input !== null)
      .transform(withoutNulls)
      .optional(),
    level: z.number().optional(),
    ...about,
  }),
]);

type Heard = (signal: UserSignal | undefined) => void;

/** Signals by NOTIFY, on the process's only listening connection, which listens to them while somebody follows. */
@Injectable()
export class PostgresUserSignals implements UserSignals {
  private readonly followers = new Map<string, Set<Heard>>();
  private listening: Promise<void> | undefined;

  constructor(@Inject(Listener) private readonly listener: Pick<Listener, 'listen' | 'unlisten'>) {}

  async follow({ org, id, roles }: SignalReader, heard: Heard): Promise<() => void> {
    const addresses = addressesOf(org, id, roles);
    // Of its own, so that one who follows twice is two.
    const follower: Heard = (signal) => heard(signal);
    for (const address of addresses) this.at(address).add(follower);
    const leave = () => this.leave(addresses, follower);
    this.listening ??= this.listener.listen(USER_EVENT_CHANNEL, (payload) => this.hear(payload));
    try {
      await this.listening;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  private at(address: string): Set<Heard> {
    const followers = this.followers.get(address) ?? new Set();
    this.followers.set(address, followers);
    return followers;
  }

  private leave(addresses: readonly string[], follower: Heard): void {
    for (const address of addresses) {
      const followers = this.followers.get(address);
      followers?.delete(follower);
      if (followers?.size === 0) this.followers.delete(address);
    }
    if (this.followers.size > 0 || this.listening === undefined) return;
    this.listening = undefined;
    this.listener.unlisten(USER_EVENT_CHANNEL);
  }

  private hear(payload: string): void {
    if (payload === '') return this.tell(this.followers.keys(), undefined);
    const { success, data } = payloadSchema.safeParse(fromJson(payload));
    // A later release tells of more.
    if (success) this.tell(data.to.split(' '), data);
  }

  /** Once, also who is to hear of it for several reasons. */
  private tell(addresses: Iterable<string>, signal: UserSignal | undefined): void {
    const followers = [...addresses].flatMap((address) => [...(this.followers.get(address) ?? [])]);
    for (const heard of new Set(followers)) heard(signal);
  }
}

/** SQL has every field; of an input those are absent that it has not, but for its schema. */
function withoutNulls(input: Input): Input {
  const fields = Object.entries(input).filter(([name, value]) => value !== null || name === 'schema');
  return Object.fromEntries(fields) as unknown as Input;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
