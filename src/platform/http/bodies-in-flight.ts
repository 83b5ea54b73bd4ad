import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { isTooSlow, type Arrival } from './slow-bodies.js';
import { RequestTimeout } from './errors/translate.js';
import { answerClientError } from './errors/write.js';

/** The part of the total that one user may use. */
const USER_SHARE = 1 / 4;
const MAX_WAIT_MS = 10_000;
const MAX_WAITING = 1_000;
const MAX_WAITING_PER_USER = 100;
const RETRY_AFTER_SECONDS = 5;
const TICK_MS = 1_000;
/** A smaller body usually arrives at once, so its speed is not checked. */
const LARGE_BYTES = 65_536;

/** Memory reserved for one body, from before it is read until it was processed. */
export interface BodyReservation {
  /** The whole body has arrived: it is not subject to the speed check any more. */
  arrived(): void;
  /** Frees the memory; idempotent. */
  release(): void;
}

interface Body {
  readonly user: string;
  readonly bytes: number;
  readonly request: IncomingMessage;
}

interface Waiting extends Body {
  readonly admit: () => void;
}

/**
 * Bounds the bytes of request bodies in memory, in total and per user. A body counts with its declared length, or with
 * the route's limit if it declares none; until there is room it waits unread.
 */
@Injectable()
export class BodiesInFlight implements OnModuleDestroy {
  private bytes = 0;
  private readonly bytesOf = new Map<string, number>();
  private readonly waitingOf = new Map<string, number>();
  private readonly waiting = new Set<Waiting>();
  private readonly arriving = new Set<Arrival>();
  private ticker: NodeJS.Timeout | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'MAX_BODY_BYTES_IN_FLIGHT'>) {}

  /** Reserves room for a body. Throws `PROVIDER_UNAVAILABLE` when there is none for ten seconds. */
  acquire(user: string, bytes: number, request: IncomingMessage): BodyReservation | Promise<BodyReservation> {
    const body = { user, bytes, request };
    if (this.waiting.size === 0 && this.hasRoom(body)) return this.hold(body);
    return this.wait(body);
  }

  onModuleDestroy(): void {
    clearInterval(this.ticker);
  }

  private hasRoom(body: Body): boolean {
    return this.isFree(this.bytes, body.bytes, 1) && this.isWithinShare(body);
  }

  private isWithinShare({ user, bytes }: Body): boolean {
    return this.isFree(this.bytesOf.get(user) ?? 0, bytes, USER_SHARE);
  }

  /** A single body always fits, whatever the setting is, or it would wait for ever. */
  private isFree(held: number, bytes: number, share: number): boolean {
    return held === 0 || held + bytes <= this.config.MAX_BODY_BYTES_IN_FLIGHT * share;
  }

  private hold({ user, bytes, request }: Body): BodyReservation {
    this.bytes += bytes;
    this.bytesOf.set(user, (this.bytesOf.get(user) ?? 0) + bytes);
    const arrival = bytes > LARGE_BYTES ? this.watch(request) : undefined;
    let isHeld = true;
    const arrived = () => void (arrival !== undefined && this.arriving.delete(arrival));
    return {
      arrived,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        arrived();
        this.bytes -= bytes;
        subtract(this.bytesOf, user, bytes);
        this.admitWaiting();
      },
    };
  }

  private wait(body: Body): Promise<BodyReservation> {
    const { user, request } = body;
    const own = this.waitingOf.get(user) ?? 0;
    if (own >= MAX_WAITING_PER_USER || this.waiting.size >= MAX_WAITING) throw overloaded();
    const { promise, resolve, reject } = Promise.withResolvers<BodyReservation>();
    const entry: Waiting = { ...body, admit: () => (leave(), resolve(this.hold(body))) };
    const leave = () => {
      clearTimeout(timer);
      request.off('close', giveUp);
      this.waiting.delete(entry);
      subtract(this.waitingOf, user, 1);
    };
    const giveUp = () => (leave(), reject(overloaded()), this.admitWaiting());
    const timer = setTimeout(giveUp, MAX_WAIT_MS).unref();
    request.once('close', giveUp);
    this.waiting.add(entry);
    this.waitingOf.set(user, own + 1);
    this.admitWaiting();
    return promise;
  }

  /** In order; a user who has reached their own share does not block the others. */
  private admitWaiting(): void {
    for (const entry of this.waiting) {
      if (!this.isWithinShare(entry)) continue;
      if (!this.hasRoom(entry)) return;
      entry.admit();
    }
  }

  private watch(request: IncomingMessage): Arrival {
    const arrival = { request, since: performance.now(), before: request.socket.bytesRead };
    this.arriving.add(arrival);
    this.ticker ??= setInterval(() => this.endSlow(), TICK_MS).unref();
    return arrival;
  }

  private endSlow(): void {
    const now = performance.now();
    for (const arrival of this.arriving) {
      const { request } = arrival;
      if (request.complete) this.arriving.delete(arrival);
      else if (isTooSlow(arrival, now)) {
        this.arriving.delete(arrival);
        answerClientError(new RequestTimeout(), request.socket);
      }
    }
  }
}

function subtract(counts: Map<string, number>, key: string, amount: number): void {
  const left = (counts.get(key) ?? amount) - amount;
  if (left <= 0) counts.delete(key);
  else counts.set(key, left);
}

function overloaded(): AppError {
  return new AppError(
    'PROVIDER_UNAVAILABLE',
    'The server holds as many bodies as it may, or as many of yours. Send this one again in a few seconds.',
    { retryAfter: RETRY_AFTER_SECONDS },
  );
}
