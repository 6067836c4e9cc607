// Sessions over time, by source: a bar for each stretch of time, of what has been loaded of this list so far.

import { $, el, svg } from '/assets/dom.js';
import { count, exactTime, plural, shortClock, shortDay } from '/assets/format.js';
import { colour, tint } from '/assets/sources.js';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const steps = [
  10 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 6 * hour, 12 * hour,
  day, 7 * day, 28 * day, 91 * day, 364 * day,
];
const mostBars = 72;
const [width, height] = [1200, 96];
// More than anybody pages through; what comes later no longer shows.
const mostSessions = 20_000;
const loaded = new Map();

/** Adds sessions; one that comes again counts once. */
export function add(rows) {
  for (const { id, source, createdAt } of rows) {
    if (loaded.size < mostSessions) loaded.set(id, { source, at: Date.parse(createdAt) });
  }
}

export const clear = () => loaded.clear();

export function show(names) {
  const sessions = [...loaded.values()];
  const totals = names.map((name) => [name, sessions.filter(({ source }) => source === name).length]);
  $('legend').replaceChildren(...totals.map(([name, total]) => el('li', null, tint(name), el('b', null, count(total)))));
  if (!sessions.length) return $('chart').replaceChildren(el('p', { class: 'nothing' }, 'Nothing loaded'));

  const first = sessions.reduce((least, { at }) => Math.min(least, at), Infinity);
  const last = sessions.reduce((most, { at }) => Math.max(most, at), 0);
  const step = steps.find((candidate) => (last - first) / candidate < mostBars) ?? (last - first) / mostBars;
  // Stretches begin at full hours and days of the reader's own time zone.
  const zone = new Date(first).getTimezoneOffset() * minute;
  const start = Math.floor((first - zone) / step) * step + zone;
  const bars = Array.from({ length: Math.floor((last - start) / step) + 1 }, () => ({ total: 0, by: new Map() }));
  for (const { source, at } of sessions) {
    const bar = bars[Math.floor((at - start) / step)];
    bar.by.set(source, (bar.by.get(source) ?? 0) + 1);
    bar.total += 1;
  }
  const most = Math.max(...bars.map(({ total }) => total));
  const summary = `${plural(sessions.length, 'session')} from ${exactTime(first)} to ${exactTime(last)}: `
    + totals.map(([name, total]) => `${name} ${total}`).join(', ');
  return $('chart').replaceChildren(
    el('span', { class: 'most' }, count(most)),
    svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': summary },
      svg('path', { class: 'grid', d: `M0 .5H${width}M0 ${height / 2}H${width}` }),
      bars.map((bar, index) => stack(bar, names, exactTime(start + index * step), index * width / bars.length, width / bars.length, height / most))),
    el('div', { class: 'axis', 'aria-hidden': 'true' }, labels(start, bars.length * step)));
}

/** One bar, its sources on top of each other. */
function stack(bar, names, time, x, size, scale) {
  const gap = Math.min(3, size / 5);
  const here = names.filter((name) => bar.by.has(name));
  let y = height;
  return svg('g', null, svg('title', null, [time, ...here.map((name) => `${name}: ${bar.by.get(name)}`)].join('\n')),
    svg('rect', { class: 'hit', x, y: 0, width: size, height }),
    here.map((name) => {
      const part = bar.by.get(name) * scale;
      y -= part;
      return svg('rect', { class: colour(name), x: x + gap / 2, y, width: size - gap, height: part });
    }));
}

/** Times of day where the axis is about hours, dates where it is about days. */
const labels = (start, span) => [0, 1, 2, 3, 4].map((quarter) => {
  const at = start + span * quarter / 4;
  return el('span', null, span > 3 * day ? shortDay(at) : span > day ? `${shortDay(at)}, ${shortClock(at)}` : shortClock(at));
});
