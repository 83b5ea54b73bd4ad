import { z } from 'zod';
import { timeSchema } from '../../kernel/index.js';
import { filledText } from '../../platform/http/index.js';
import { MAX_MEMORY_LENGTH, MAX_PROFILE_BYTES } from '../core/profile.js';

const text = (maximum: number, description: string) =>
  filledText(maximum).nullable().default(null).describe(description);

export const profileBody = z
  .strictObject({
    name: text(200, 'What you are called.'),
    language: text(100, 'The language in which you are answered.'),
    tone: text(500, 'How you are spoken to.'),
    about: text(MAX_PROFILE_BYTES, 'What whoever answers you should know.'),
  })
  .refine((profile) => Buffer.byteLength(Object.values(profile).join('')) <= MAX_PROFILE_BYTES, {
    error: `is longer than ${MAX_PROFILE_BYTES} bytes in all`,
  });
export type ProfileBody = z.output<typeof profileBody>;

const said = z.string().nullable();

export const profileResponse = z.object({
  profile: z
    .object({
      ...{ name: said, language: said, tone: said, about: said },
      updatedAt: timeSchema.nullable().describe('`null` before it was written for the first time.'),
    })
    .meta({ id: 'Profile' }),
});

export const memoryBody = z.strictObject({ content: filledText(MAX_MEMORY_LENGTH) });
export type MemoryBody = z.output<typeof memoryBody>;

const memorySchema = z
  .object({ id: z.uuid(), content: z.string(), createdAt: timeSchema })
  .meta({ id: 'Memory' });

export const memoryResponse = z.object({ memory: memorySchema });
export const memoriesResponse = z.object({
  memories: z.array(memorySchema),
  nextCursor: z.string().nullable(),
});
