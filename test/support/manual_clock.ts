/** A local clock that only moves when someone sleeps or a test moves it. */
export function manualClock() {
  const slept: number[] = [];
  const clock = {
    time: 1_000_000,
    slept,
    now: () => clock.time,
    async sleep(milliseconds: number) {
      slept.push(milliseconds);
      clock.time += milliseconds;
    },
  };
  return clock;
}
