import { relevant } from './relevance.js';

describe('relevant', () => {
  it('leaves out what scores far below the best', () => {
    const ranked = [{ score: 8 }, { score: 2 }, { score: 1.9 }, { score: 0 }];
    expect(relevant(ranked)).toEqual([{ score: 8 }, { score: 2 }]);
  });

  it('makes nothing of nothing, and of scores of zero', () => {
    expect(relevant([])).toEqual([]);
    expect(relevant([{ score: 0 }])).toEqual([]);
  });
});
