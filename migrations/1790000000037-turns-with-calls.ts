import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Turns that call tools, ask people or keep a journal are not taken over by a release that knows of none of it. */
export class TurnsWithCalls1790000000037 extends ForwardOnly {
  readonly name = 'TurnsWithCalls1790000000037';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Such a release moves the epoch by one, later ones by more. Its statement finds that the turn is not there for it, and
      -- goes on with the others. A turn that was stopped it may end, which repeats nothing.
      CREATE FUNCTION turns_with_calls_stay() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        IF NEW.request -> 'tools' <> 'false'
          OR EXISTS (SELECT 1 FROM run_journal WHERE turn_id = NEW.id)
          OR EXISTS (SELECT 1 FROM inputs WHERE turn_id = NEW.id)
        THEN
          -- To the end of the line of those that are left: it looks at the first ones only, and its own are among them soon.
          UPDATE turns SET lease_until = now() WHERE id = NEW.id;
          RETURN NULL;
        END IF;
        RETURN NEW;
      END $body$;

      CREATE TRIGGER turns_with_calls_stay BEFORE UPDATE OF epoch ON turns
        FOR EACH ROW
        WHEN (NEW.epoch = OLD.epoch + 1 AND NOT (NEW.cancel_requested OR NEW.interrupt_requested))
        EXECUTE FUNCTION turns_with_calls_stay();
    `);
  }
}
