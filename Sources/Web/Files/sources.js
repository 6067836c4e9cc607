// How each source is doing: what `/v1/sources` says of its health, and what it gave to the page on show.

import { $, button, el } from '/assets/dom.js';
import { count, localTime, plural, relativeTime } from '/assets/format.js';

const names = [];

/** The class that gives a source its colour: by its place in the configuration, which is the order they are met in. */
export function colour(name) {
  if (!names.includes(name)) names.push(name);
  return `series-${names.indexOf(name) % 6}`;
}

export const tint = (name) => el('span', { class: `tint ${colour(name)}` }, name);

/** One card a source; `outcomes` is `sources` of the page on show, if there is one. */
export function show(sources, outcomes) {
  const opened = [...$('sources').querySelectorAll('[open]')].map((node) => node.dataset.name);
  $('sources').replaceChildren(...sources.map((source) => {
    const { name } = source;
    const outcome = outcomes?.[name];
    const [state, word] = stateOf(source, outcome);
    return el('li', { class: `card source-card ${state}` }, el('details', { 'data-name': name, open: opened.includes(name) },
      el('summary', null, tint(name), el('span', { class: `state ${state}` }, word),
        el('span', { class: 'figures' }, outcomes ? figures(outcome) : source.state === 'ok' ? 'ready' : source.lastError?.message)),
      el('dl', null, facts(source, outcome).map(([term, text]) => [el('dt', null, term), el('dd', null, text)]).flat())));
  }));
}

function stateOf({ state }, outcome) {
  if (outcome?.error) return ['bad', 'failed'];
  if (state === 'open') return ['bad', 'circuit open'];
  if (state === 'degraded') return ['warn', 'degraded'];
  return outcome?.order === 'truncated' ? ['warn', 'truncated'] : ['good', 'ok'];
}

function figures(outcome) {
  if (!outcome) return 'not asked for this page';
  const { error, returned, total, latencyMs } = outcome;
  if (error) return wordsOf(error);
  const whole = total ? `of ${total.relation === 'exact' ? '' : 'at least '}${count(total.value)}` : 'here';
  return `${count(returned)} ${whole} · ${count(latencyMs)} ms`;
}

const orders = {
  reordered: 'rows out of place were put in place',
  late: 'rows far out of place come late',
  scanned: 'read in full and sorted here',
  truncated: 'longer than can be read in full; the rest is not served',
};

function facts(source, outcome) {
  const { latencyMs, lastSuccess, lastError, capabilities } = source;
  const left = source.rateLimitRemaining;
  const facts = [
    ['Provider', source.provider],
    ['Address', source.baseURL],
    ['Last success', lastSuccess ? `${localTime(lastSuccess)} (${relativeTime(lastSuccess)})` : 'none'],
    ['Last error', lastError ? `${lastError.message} (${relativeTime(lastError.at)})` : 'none'],
    ['Latency', latencyMs.p50 === null ? 'not known' : `median ${latencyMs.p50} ms, 95 % within ${latencyMs.p95} ms`],
    ['Requests left', left === null ? 'no limit known' : count(left)],
    ['Filters itself', capabilities.filters.join(', ') || 'nothing'],
    ['Orders itself', capabilities.orders.join(', ') || 'nothing'],
  ];
  if (outcome) {
    const { upstreamRequests, scanned, rejected, order } = outcome;
    facts.push(['This page', `${plural(upstreamRequests, 'request')}, ${plural(scanned, 'session')} looked at`]);
    if (rejected) facts.push(['Left out', `${plural(rejected, 'session')} without a usable id or time`]);
    if (orders[order]) facts.push(['Order', orders[order]]);
  }
  return facts;
}

const wordsOf = ({ code, message, retryAfterMs }) =>
  `${message} (${code})${retryAfterMs ? `; try again in ${Math.ceil(retryAfterMs / 1000)} s` : ''}`;

/** Says plainly what a page lacks; hidden when it lacks nothing. */
export function showPartial(page, retry) {
  const outcomes = Object.entries(page?.sources ?? {});
  const failed = outcomes.filter(([, { error }]) => error);
  const truncated = outcomes.filter(([, { order }]) => order === 'truncated');
  $('partial').hidden = !page?.partial;
  $('partial').replaceChildren(
    el('div', null, el('strong', null, 'This page is not complete. '),
      failed.length > 0 && 'Sessions of a source are missing. They follow on a later page once it answers again.',
      el('ul', null, [...failed.map(([name, { error }]) => [name, wordsOf(error)]), ...truncated.map(([name]) => [name, orders.truncated])]
        .map(([name, text]) => el('li', null, el('b', null, name), `: ${text}`)))),
    button('Try again', retry));
}
