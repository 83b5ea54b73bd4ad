import { isOutOfReach, isPermanent, isSessionLost, isUndone, ReadOnlyDatabaseError } from './faults.js';

const raised = (code: string) => Object.assign(new Error('swordfish'), { code, severity: 'ERROR' });
const coded = (code: string) => Object.assign(new Error('swordfish'), { code });

describe('an error of the database', () => {
  it.each([
    '22021',
    '22P02',
    '22P05',
    '23505',
    '23514',
    '23503',
    '42703',
    '42P01',
    '42501',
    '0A000',
    '21000',
    '54000',
  ])('that will come again however often it is tried is permanent: %s', (code) => {
    expect(isPermanent(raised(code))).toBe(true);
    expect(isOutOfReach(raised(code))).toBe(false);
    expect(isSessionLost(raised(code))).toBe(false);
  });

  it.each([
    '08006',
    '25006',
    '40001',
    '40P01',
    '53300',
    '53100',
    '55P03',
    '57014',
    '57P01',
    '57P03',
    '58030',
    '26000',
  ])('that may pass is not permanent: %s', (code) => {
    expect(isPermanent(raised(code))).toBe(false);
    expect(isOutOfReach(raised(code))).toBe(true);
  });

  it.each([
    coded('ECONNREFUSED'),
    coded('ECONNRESET'),
    coded('EHOSTUNREACH'),
    new Error('Query read timeout'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new ReadOnlyDatabaseError('the server is a standby'),
  ])('that is about the way there may pass: %p', (error) => {
    expect(isPermanent(error)).toBe(false);
    expect(isOutOfReach(error)).toBe(true);
    expect(isSessionLost(error)).toBe(true);
  });

  it('that is a mistake in the program is permanent', () => {
    expect(isPermanent(new TypeError('x is not a function'))).toBe(true);
    expect(isSessionLost(new TypeError('x is not a function'))).toBe(false);
  });

  it.each([
    ['40001', true],
    ['40P01', true],
    ['25006', true],
    ['57P01', false],
    ['23505', false],
  ])('%s leaves nothing behind, so that all can be done again: %p', (code, isSo) => {
    expect(isUndone(raised(code))).toBe(isSo);
  });

  it.each(['25006', '57P01', '08006', '57P03'])('%s costs the session', (code) => {
    expect(isSessionLost(raised(code))).toBe(true);
  });
});
