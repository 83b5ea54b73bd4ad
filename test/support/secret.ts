/** Signs the tokens of tests. */
export const TEST_SECRET = 'a secret of at least thirty-two bytes, for tests';
