// The table of one page of sessions.

import { $, button, el } from '/assets/dom.js';
import { duration, exactTime, localTime, relativeTime } from '/assets/format.js';
import { tint } from '/assets/sources.js';

export const nothing = () => el('span', { class: 'nothing', title: 'The provider does not say' }, '–');
export const status = (word) => el('span', { class: `word ${word}` }, word);

const time = (text) => (text === null ? nothing()
  : el('time', { datetime: text, title: `${exactTime(text)}\n${text}` }, localTime(text), el('small', null, relativeTime(text))));

// `value` is what a column is ordered by, and `cell` what it shows where that is another thing. `isWhole`: the
// whole list can be had in that order; by the other columns only the rows of this page are ordered.
const columns = [
  { key: 'title', name: 'Session', value: (row) => row.title ?? row.nativeId },
  { key: 'source', name: 'Source', value: (row) => row.source, cell: (row) => tint(row.source) },
  { key: 'status', name: 'Status', value: (row) => row.status, cell: (row) => status(row.status) },
  { key: 'channel', name: 'Channel', value: (row) => (row.channel === 'unknown' ? null : row.channel) },
  { key: 'agent', name: 'Agent', value: (row) => row.agent.name ?? row.agent.id },
  { key: 'createdAt', name: 'Created', isWhole: true, value: (row) => row.createdAt, cell: (row) => time(row.createdAt) },
  { key: 'updatedAt', name: 'Updated', isWhole: true, value: (row) => row.updatedAt, cell: (row) => time(row.updatedAt) },
  { key: 'durationMs', name: 'Duration', value: (row) => row.durationMs, cell: (row) => row.durationMs !== null && duration(row.durationMs) },
];

/** The header line. `sort` is the list's order, `by` that of this page: a column, with `-` for descending. */
export function showColumns(sort, by, choose) {
  const chosen = by || sort || '-createdAt';
  const descends = chosen.startsWith('-');
  const focused = document.activeElement?.closest('th')?.className;
  $('columns').replaceChildren(...columns.map(({ key, name, isWhole }) => {
    const isChosen = chosen === key || chosen === `-${key}`;
    // Times begin with the newest, words with A.
    const next = (isChosen ? !descends : isWhole) ? `-${key}` : key;
    return el('th', {
      role: 'columnheader', scope: 'col', class: key, 'aria-sort': isChosen && (descends ? 'descending' : 'ascending'),
    }, button(name, () => choose(isWhole ? { sort: next } : { by: next }),
      { title: `Order ${isWhole ? 'the whole list' : 'this page'} by ${name.toLowerCase()}` }));
  }));
  if (focused) $('columns').querySelector(`.${focused} button`)?.focus();
}

/** Rows in the order of a column, nulls last; as they are without one. */
export function ordered(rows, by) {
  const column = columns.find(({ key }) => by === key || by === `-${key}`);
  if (!column) return rows;
  return rows.toSorted((left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    if (a === null || b === null) return (a === null) - (b === null);
    return (by.startsWith('-') ? -1 : 1) * (typeof a === 'string' ? a.localeCompare(b) : a - b);
  });
}

export function showRows(rows, addressOf, open) {
  $('rows').replaceChildren(...rows.map((row) => el('tr', { role: 'row', 'data-id': row.id },
    columns.map(({ key, value, cell }) => el('td', { role: 'cell', class: key }, key === 'title'
      ? [el('a', { href: addressOf(row.id) }, row.title ?? 'Untitled'), el('code', null, row.nativeId)]
      : ((cell ?? value)(row) || nothing()))))));
  $('rows').onclick = (event) => {
    const row = event.target.closest('[data-id]');
    // With a modifier a link is the browser's, and who selects text does not want to open anything.
    if (!row || event.metaKey || event.ctrlKey || event.shiftKey || String(getSelection())) return;
    event.preventDefault();
    open(row.dataset.id);
  };
}

export function mark(id) {
  for (const row of $('rows').children) row.classList.toggle('open', row.dataset.id === id);
}

/** Arrows, Home and End move from session to session. */
export function startKeys() {
  $('rows').addEventListener('keydown', (event) => {
    const links = [...$('rows').querySelectorAll('a')];
    const at = links.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  });
}
