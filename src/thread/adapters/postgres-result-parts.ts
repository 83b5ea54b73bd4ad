import { Inject, Injectable, Logger } from '@nestjs/common';
import { LeaseLostError, type Caller } from '../../kernel/index.js';
import { CONFIG } from '../../platform/config/index.js';
import { Database, keepTrying, type Sql } from '../../platform/database/index.js';
import { measured, piecesOf } from '../core/content-pieces.js';
import { JOINED_TABLES_SQL, type JoinedTablesSql } from '../ports/joined-tables-sql.js';
import type { NewPart, PartWriter, ResultParts, ServedPart } from '../ports/result-parts.js';
import { ADD_PIECE, BEGIN_PARTS, openPart, PIECE } from './result-part-statements.js';
import { MASKS_BY_CLEARANCE, maskValues, type MaskConfig } from './withheld.js';

/** Parts of results in Postgres. */
@Injectable()
export class PostgresResultParts implements ResultParts {
  private readonly logger = new Logger(PostgresResultParts.name);
  private readonly openStatement: Sql;

  constructor(
    private readonly database: Database,
    @Inject(JOINED_TABLES_SQL) foreign: JoinedTablesSql,
    @Inject(CONFIG) private readonly config: MaskConfig = MASKS_BY_CLEARANCE,
  ) {
    this.openStatement = openPart(foreign);
  }

  async keep(
    writer: PartWriter,
    callId: string,
    parts: readonly NewPart[],
    maxBytes: number,
  ): Promise<boolean> {
    const sizes = await Promise.all(parts.map(({ content }) => measured(content)));
    const { has_room } = await this.write<{ readonly has_room: boolean }>(BEGIN_PARTS, writer, [
      callId,
      parts.map(({ id }) => id),
      parts.map(({ mediaType }) => mediaType),
      sizes.map(({ size }) => size),
      sizes.map(({ characters }) => characters),
      parts.map(({ isWholeText }) => isWholeText === true),
      maxBytes,
    ]);
    if (!has_room) return false;
    for (const { id, content } of parts)
      for (const { nth, firstCharacter, characters, bytes } of piecesOf(content))
        await this.write(ADD_PIECE, writer, [id, nth, firstCharacter, characters, bytes]);
    return true;
  }

  async open(caller: Caller, threadId: string, id: string): Promise<ServedPart | undefined> {
    const values = [threadId, caller.org, caller.id, id, ...maskValues(caller, this.config)];
    const [row] = await this.database.query<{ readonly media_type: string; readonly size: number }>(
      this.openStatement,
      values,
    );
    return row && { mediaType: row.media_type, size: row.size, pieces: () => this.pieces(id) };
  }

  private async *pieces(id: string): AsyncGenerator<Uint8Array, void> {
    for (let nth = 0; ; nth += 1) {
      const [row] = await this.database.query<{ readonly bytes: Buffer }>(PIECE, [id, nth]);
      if (row === undefined) return;
      yield row.bytes;
    }
  }

  private async write<Row>(
    statement: Sql,
    { threadId, turnId, epoch }: PartWriter,
    values: readonly unknown[],
  ): Promise<Row> {
    const [row] = await keepTrying(this.logger, { name: 'the result of a call', turnId }, () =>
      this.database.query<Row>(statement, [threadId, turnId, epoch, ...values]),
    );
    if (row === undefined) throw new LeaseLostError(`turn ${turnId} is run by another process now`);
    return row;
  }
}
