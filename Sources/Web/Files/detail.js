// One session with all its fields, in a panel beside the list.

import { Problem, getJSON, itemPath } from '/assets/api.js';
import { $, button, copy, el } from '/assets/dom.js';
import { dollars, duration, exactTime, relativeTime, words } from '/assets/format.js';
import { tint } from '/assets/sources.js';
import { nothing, status } from '/assets/table.js';

const panel = $('detail');
const filters = { 'agent.id': 'agentId', 'participant.id': 'participantId', workspaceId: 'workspaceId' };
let shown = null;
let does = {};

// The panel fills itself: a click on the dialog and on nothing in it is one beside it.
panel.addEventListener('click', ({ target }) => { if (target === panel) panel.close(); });
$('detail-close').addEventListener('click', () => panel.close());
$('detail-link').addEventListener('click', () => copy(location.href, 'Link copied'));

/**
 * Shows the session of this id: `row` is what the list has of it, else it is asked for. `actions` are `open`, which
 * gets another id, and `filter`, which gets a parameter and a value.
 */
export async function show(id, row, actions) {
  shown = id;
  does = actions;
  if (!panel.open) panel.showModal();
  if (row) return showSession(row);
  head('Loading …', id);
  $('detail-body').replaceChildren();
  try {
    const session = await getJSON(itemPath(id));
    if (shown === id) showSession(session);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (shown === id) head(problem.title, problem.message);
  }
  return undefined;
}

function head(title, ...summary) {
  $('detail-title').textContent = title;
  $('detail-summary').replaceChildren(...summary);
}

function showSession({ attributes, ...fields }) {
  head(fields.title ?? 'Untitled', tint(fields.source), status(fields.status));
  $('detail-body').replaceChildren(
    list(fields), el('h3', null, 'Attributes'), list(attributes), el('h3', null, 'Raw'), rawPart(fields.id));
  $('detail-body').scrollTop = 0;
}

function list(fields) {
  const flat = Object.entries(fields).flatMap(([name, value]) => (name === 'agent' || name === 'participant'
    ? Object.entries(value).map(([inner, part]) => [`${name}.${inner}`, part]) : [[name, value]]));
  return el('dl', { class: 'fields' }, flat.flatMap(([name, value]) => [
    el('dt', { title: name }, words(name.replace(/(Usd|Ms)$/, ''))),
    el('dd', null, value === null ? nothing() : [valueOf(name, value), actions(name, value)]),
  ]));
}

function valueOf(name, value) {
  if (/At$/.test(name)) return el('time', { datetime: value, title: value }, exactTime(value), el('small', null, relativeTime(value)));
  if (name === 'durationMs') return `${duration(value)} (${value} ms)`;
  if (name === 'costUsd') return dollars(value);
  if (name === 'status') return status(value);
  if (name === 'error') return el('span', { class: 'bad-text' }, value);
  if (name === 'parentId') return button(value, () => does.open(value), { class: 'link' });
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Copy an id; list the sessions that have it in common. */
function actions(name, value) {
  if (!/(^i|I|\.i)d$/.test(name)) return null;
  const label = words(name).toLowerCase();
  return el('span', { class: 'row-actions' },
    filters[name] && button('Filter', () => does.filter(filters[name], value), { class: 'quiet', 'aria-label': `Only sessions with this ${label}` }),
    button('Copy', () => copy(value, 'Copied'), { class: 'quiet', 'aria-label': `Copy ${label}` }));
}

/** The provider's own object: asked for on demand, as not every token may see it. */
function rawPart(id) {
  const place = el('div', { id: 'raw' });
  place.append(button('Show what the provider sent', async ({ target }) => {
    target.disabled = true;
    try {
      const session = await getJSON(`${itemPath(id)}?include=raw&fields=id`);
      place.replaceChildren(el('pre', { tabindex: '0' }, JSON.stringify(session.raw, null, 2)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      place.replaceChildren(problem.kind === 'forbidden' ? 'Your token does not permit this: it needs the permission raw.' : problem.message);
    }
  }));
  return place;
}
