// Loaded before a program: its clock is 25 hours ahead. Timers, and how long something takes, stay as they are.
const aheadMs = 25 * 60 * 60 * 1000;

globalThis.Date = new Proxy(Date, {
  construct: (target, args) =>
    args.length === 0 ? new target(target.now() + aheadMs) : Reflect.construct(target, args),
  get: (target, name) =>
    name === 'now' ? () => target.now() + aheadMs : (Reflect.get(target, name) as unknown),
});
