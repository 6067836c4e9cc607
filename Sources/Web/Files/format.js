// Times, durations and numbers as people read them, in their own language and time zone.

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const number = new Intl.NumberFormat();
const money = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
const day = format({ month: 'short', day: 'numeric' });
const dayOfYear = format({ year: 'numeric', month: 'short', day: 'numeric' });
const clock = format({ hour: '2-digit', minute: '2-digit' });
const exact = format({ dateStyle: 'medium', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

export const count = (value) => number.format(value);
export const plural = (value, one) => `${count(value)} ${one}${value === 1 ? '' : 's'}`;
export const dollars = (value) => money.format(value);
export const exactTime = (time) => exact.format(new Date(time));
export const shortDay = (time) => day.format(time);
export const shortClock = (time) => clock.format(time);

/** `Nov 22, 09:37`, or `Nov 22, 2024`. */
export function localTime(text) {
  const date = new Date(text);
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return isThisYear ? `${day.format(date)}, ${clock.format(date)}` : dayOfYear.format(date);
}

const units = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 0]];

/** `3 hr. ago`. */
export function relativeTime(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  const [unit, length] = units.find((candidate) => Math.abs(seconds) >= candidate[1]);
  return relative.format(Math.trunc(seconds / (length || 1)), unit);
}

/** `1 h 05 m`, `3 m 20 s`, `4.2 s`, `310 ms`. */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (value) => String(value % 60).padStart(2, '0');
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (seconds < 60) return `${(milliseconds / 1000).toFixed(1)} s`;
  return minutes < 60 ? `${minutes} m ${two(seconds)} s` : `${Math.floor(minutes / 60)} h ${two(minutes)} m`;
}

/** `Include sub sessions`, for `includeSubSessions`. */
export const words = (name) => {
  const text = name.replaceAll(/([A-Z])/g, ' $1').replace('.', ' ').toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
};
