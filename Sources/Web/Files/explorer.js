// The explorer: reads the address, asks the gateway, shows the answer. Whatever a person does ends in a new
// address (`go`), and every address is shown the same way (`arrive`), however one came to it.

import * as address from '/assets/address.js';
import { Problem, get, getJSON, listPath, pause, token } from '/assets/api.js';
import * as chart from '/assets/chart.js';
import { $, button, copy, el, toast } from '/assets/dom.js';
import * as filters from '/assets/filters.js';
import { plural } from '/assets/format.js';
import * as sources from '/assets/sources.js';
import * as table from '/assets/table.js';

// Loaded when somebody wants them.
const detail = () => import('/assets/detail.js');
const exports = () => import('/assets/export.js');

// A source that fails keeps a page empty; after this many in a row the person decides whether to go on.
const mostFailingPages = 3;

let state = address.read();
let page = null;
let configured = [];
/** Query of the page that is on show or on its way; null when it is to be asked for again. */
let listed = null;
let isLoading = false;
/** Stops what is under way. */
let work = new AbortController();

// --- The address ---

function go(change, options) {
  address.write({ ...state, ...change }, options);
  arrive();
}

function arrive() {
  state = address.read();
  filters.show(state.parameters);
  if (address.listed(state.parameters).toString() !== listed) load();
  else if (page) showTable();
  showDetail();
}

function goToCursor(cursor, trail) {
  const parameters = address.without(state.parameters, 'cursor');
  if (cursor) parameters.set('cursor', cursor);
  go({ parameters, trail, open: null });
  $('sessions').scrollIntoView();
}

/** The first page of another list. */
const goToList = (parameters) => go({ parameters: address.without(parameters, 'cursor'), trail: [], by: null, open: null });
const goToNext = () => goToCursor(page.page.nextCursor, state.trail && [...state.trail, state.parameters.get('cursor') ?? '']);
const clear = () => goToList(new URLSearchParams());

function reload() {
  listed = null;
  arrive();
}

// --- Loading ---

function begin() {
  work.abort();
  work = new AbortController();
  return work.signal;
}

async function load() {
  const signal = begin();
  const query = address.listed(state.parameters);
  if (listed === null || address.listKey(new URLSearchParams(listed)) !== address.listKey(query)) chart.clear();
  listed = query.toString();
  showLoading();
  if (!configured.length) loadSources(signal);
  try {
    page = await readOn(query, signal);
    showPage();
  } catch (problem) {
    if (signal.aborted) return;
    showProblem(problem);
  }
  // What this page has found out about the sources is known by now.
  await loadSources(signal);
}

/**
 * The page at `query`, or the first after it that holds a session: where filters are rare, pages may be empty
 * although more follows. The address follows along, so that stopping loses nothing.
 */
async function readOn(query, signal) {
  let [pages, looked, failing] = [0, 0, 0];
  for (;;) {
    const answer = await get(listPath(query), signal);
    const body = await answer.json();
    $('demo').hidden = answer.headers.get('Gateway-Mode') !== 'demo';
    const outcomes = Object.values(body.sources);
    const isFailing = outcomes.some(({ error }) => error);
    failing = isFailing ? failing + 1 : 0;
    if (body.data.length || !body.page.hasMore || failing === mostFailingPages) return body;

    pages += 1;
    looked += outcomes.reduce((sum, { scanned }) => sum + scanned, 0);
    showProgress(`Nothing yet in ${plural(looked, 'session')} on ${plural(pages, 'page')}; reading on …`);
    query.set('cursor', body.page.nextCursor);
    listed = query.toString();
    state.parameters.set('cursor', body.page.nextCursor);
    address.write(state, { replace: true });
    if (isFailing) await pause(Math.min(answer.headers.get('Retry-After') ?? 1, 10) * 1000, signal);
  }
}

async function loadSources(signal) {
  const isFirst = !configured.length;
  // What fails here fails for the list, too, and is said there.
  const answer = await getJSON('/v1/sources', signal).catch(() => null);
  if (!answer) return;
  configured = answer.data;
  for (const { name } of configured) sources.colour(name);
  sources.show(configured, page?.sources);
  if (!isFirst) return;
  filters.offer(configured);
  filters.show(state.parameters);
}

// --- What is on show ---

function setLoading(value) {
  isLoading = value;
  $('table').setAttribute('aria-busy', value);
  $('download').disabled = value;
}

function showLoading() {
  setLoading(true);
  $('message').hidden = true;
  $('table').hidden = false;
  table.showColumns(state.parameters.get('sort'), state.by, reorder);
  if (!page) showProgress('Asking the sources …');
  for (const id of ['first', 'back', 'next']) $(id).disabled = true;
}

function showProgress(text) {
  $('progress').hidden = false;
  $('progress-text').textContent = text;
}

function showPage() {
  const names = Object.keys(page.sources);
  names.forEach(sources.colour);
  chart.add(page.data);
  showTable();
  chart.show(names);
  sources.showPartial(page, reload);
  $('progress').hidden = true;
  if (!page.data.length) showEmpty();
  else if (!performance.getEntriesByName('first-rows').length) performance.mark('first-rows');
  const failed = names.filter((name) => page.sources[name].error);
  $('live').textContent = `${$('place').textContent}${failed.length ? `. Failed: ${failed.join(', ')}` : ''}`;
  setLoading(false);
  showDetail();
}

function showTable() {
  table.showColumns(state.parameters.get('sort'), state.by, reorder);
  table.showRows(table.ordered(page.data, state.by), (id) => address.of({ ...state, open: id }), (id) => go({ open: id }));
  const { trail, parameters } = state;
  const isFirst = !parameters.get('cursor');
  const place = trail ? `Page ${trail.length + 1}` : 'A later page';
  $('place').textContent = `${place} · ${plural(page.data.length, 'session')}`
    + (page.page.hasMore ? '' : ', the last') + (state.by ? ' · ordered on this page only' : '');
  $('first').disabled = isFirst;
  $('back').disabled = !trail?.length;
  $('next').disabled = !page.page.hasMore;
}

/** Another order of the whole list, or of the rows of this page. */
function reorder({ sort, by }) {
  if (by) return go({ by });
  const parameters = address.without(state.parameters, 'sort');
  if (sort !== '-createdAt') parameters.set('sort', sort);
  return goToList(parameters);
}

/** Something in place of the table. */
function showMessage(title, text, ...buttons) {
  $('table').hidden = true;
  $('message').hidden = false;
  $('message').replaceChildren(el('h3', null, title), el('p', null, text), el('div', { class: 'actions' }, buttons));
}

function showEmpty() {
  if (page.page.hasMore) {
    return showMessage('Nothing yet', 'A source has failed several times in a row. It may hold what you look for.', button('Read on', goToNext));
  }
  return filters.inUse(state.parameters).length
    ? showMessage('No sessions match', 'Take a filter away, or look in another stretch of time.', button('Clear all filters', clear))
    : showMessage('No sessions', 'The sources have none to show yet.', button('Look again', reload));
}

function showProblem(problem) {
  if (!(problem instanceof Problem)) throw problem;
  setLoading(false);
  page = null;
  listed = null;
  $('progress').hidden = true;
  $('place').textContent = '';
  $('live').textContent = `${problem.title}. ${problem.message}`;
  sources.showPartial(null);
  filters.blame(problem.parameter);
  if (problem.status === 401) {
    const ask = () => askForToken(token.get() && problem);
    showMessage('An access token is needed', 'This gateway shows sessions only to who has one.', button('Enter token', ask, { class: 'primary' }));
    return ask();
  }
  const isCursor = problem.kind.startsWith('cursor');
  return showMessage(problem.title,
    [problem.message, problem.retryAfter && `Try again in ${plural(Number(problem.retryAfter), 'second')}`,
      problem.requestId && `request ${problem.requestId}`].filter(Boolean).join(' · '),
    button(isCursor ? 'Go to the first page' : 'Try again', () => (isCursor ? goToCursor('', []) : reload()), { class: 'primary' }),
    button('Clear all filters', clear));
}

function stop() {
  work.abort();
  $('progress').hidden = true;
  if (!isLoading) return;
  setLoading(false);
  listed = null;
  showMessage('Stopped', 'The place is kept in the address: reading on begins there.',
    button('Read on', reload, { class: 'primary' }), button('Clear all filters', clear));
}

// --- One session ---

async function showDetail() {
  const id = state.open;
  table.mark(id);
  if (!id) return $('detail').close();
  const row = page?.data.find((session) => session.id === id);
  // What the list on its way may hold need not be asked for.
  if (!row && isLoading) return undefined;
  const { show } = await detail();
  return state.open === id && show(id, row, { open: (other) => go({ open: other }), filter });
}

/** The sessions that have something in common with the one on show. */
function filter(parameter, value) {
  const parameters = new URLSearchParams(state.parameters);
  parameters.set(parameter, value);
  goToList(parameters);
}

function closedDetail() {
  const id = state.open;
  if (!id) return;
  go({ open: null });
  $('rows').querySelector(`[data-id="${CSS.escape(id)}"] a`)?.focus();
}

// --- Token, download ---

function askForToken(refusal) {
  $('token-why').textContent = refusal ? `The token was refused: ${refusal.message}.`
    : 'Sent with every request. It stays in this browser tab, and is gone when the tab is closed.';
  $('token-value').value = '';
  $('token-forget').hidden = !token.get();
  if (!$('token').open) $('token').showModal();
}

function useToken(value) {
  token.set(value);
  $('token').close();
  page = null;
  reload();
}

async function download() {
  const signal = begin();
  showProgress('Preparing the download …');
  try {
    const { csv, save } = await exports();
    const { blob, rows, isPartial } = await csv(state.parameters, signal, (rows) => showProgress(`${plural(rows, 'session')} read …`));
    save(blob, `sessions-${new Date().toISOString().slice(0, 10)}.csv`);
    toast(`${plural(rows, 'session')} saved${isPartial ? '; not all: a source failed, or there are too many' : ''}`);
  } catch (problem) {
    if (!signal.aborted) toast(`The download failed: ${problem.message}`);
  }
  if (signal === work.signal) $('progress').hidden = true;
}

// --- Start ---

filters.start(() => {
  const parameters = filters.read();
  const before = state.parameters;
  // Who chooses what to export keeps the place in the list.
  const isSamePage = ['limit', 'partial'].every((name) => parameters.get(name) === before.get(name))
    && address.listKey(parameters) === address.listKey(before);
  if (!isSamePage) return goToList(parameters);
  if (before.has('cursor')) parameters.set('cursor', before.get('cursor'));
  return address.of({ parameters }) === address.of({ parameters: before }) || go({ parameters });
});
$('detail').addEventListener('close', closedDetail);
table.startKeys();

const clicks = {
  first: () => goToCursor('', []),
  back: () => goToCursor(state.trail.at(-1), state.trail.slice(0, -1)),
  next: goToNext,
  stop,
  'copy-curl': async () => copy((await exports()).curlCommand(state.parameters), 'curl command copied'),
  download,
  'token-open': () => askForToken(),
  'token-cancel': () => $('token').close(),
  'token-forget': () => useToken(''),
};
for (const [id, act] of Object.entries(clicks)) $(id).addEventListener('click', act);
$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken($('token-value').value.trim());
});

// Beside the list there is room for the filters.
const isWide = matchMedia('(min-width: 60rem)');
const fit = () => { $('filter-panel').open = isWide.matches; };
isWide.addEventListener('change', fit);
fit();
addEventListener('popstate', arrive);
arrive();
