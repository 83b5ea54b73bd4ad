import { EarlyStops } from './early-stops.js';

describe('a request to stop a turn that comes before the turn', () => {
  let now: number;
  beforeEach(() => {
    now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is known when the turn begins, once', () => {
    const stops = new EarlyStops();
    stops.note('turn', 'interrupted');
    expect(stops.take('other')).toBeUndefined();
    expect(stops.take('turn')).toBe('interrupted');
    expect(stops.take('turn')).toBeUndefined();
  });

  it('is forgotten after a while', () => {
    const stops = new EarlyStops();
    stops.note('turn', 'cancelled');
    now += 10_001;
    expect(stops.take('turn')).toBeUndefined();
  });

  it('gives way to newer ones when there are many', () => {
    const stops = new EarlyStops();
    for (let index = 0; index < 1_001; index += 1) stops.note(`turn-${index}`, 'cancelled');
    expect(stops.take('turn-0')).toBeUndefined();
    expect(stops.take('turn-1')).toBe('cancelled');
    expect(stops.take('turn-1000')).toBe('cancelled');
  });
});
