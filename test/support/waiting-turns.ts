import type { Answer } from './test-user.js';

/** A thread whose third turn waits for a review of what it has said. */
export const INTAKE = { workflow: 'guided-intake' };
/** What a reviewer answers it with. */
export const APPROVED = { action: 'accept', content: { approved: true, corrections: 'Call it a lift.' } };

/** What is wrong with the answers of those who answered one input at the same time: it takes one, and tells the others so. */
export function answersProblems(answers: readonly Pick<Answer, 'status' | 'body'>[]): string[] {
  const refused = answers.filter(({ status }) => status !== 202);
  const accepted = answers.length - refused.length;
  return [
    ...(accepted === 1 ? [] : [`${accepted} of ${answers.length} answers were accepted`]),
    ...refused
      .filter(({ status, body }) => status !== 409 || body.code !== 'STATE_CONFLICT')
      .map(({ status, body }) => `an answer was refused with ${status} ${body.code}`),
  ];
}
