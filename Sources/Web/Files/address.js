// The page's state is its address. The query is word for word that of `/v1/sessions`. The fragment says how it is
// looked at: `open` is the session shown in full, `by` the column that orders the rows of this page. The history
// entry keeps `trail`: a cursor for each page before this one, '' for the first; null behind a link that somebody sent.

import { asQuery } from '/assets/api.js';

export function read() {
  const view = new URLSearchParams(location.hash.slice(1));
  return {
    parameters: new URLSearchParams(location.search),
    trail: history.state ? history.state.trail : location.search.includes('cursor=') ? null : [],
    open: view.get('open'),
    by: view.get('by'),
  };
}

/** Makes a new history entry, or alters the current one. */
export function write(state, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState']({ trail: state.trail }, '', of(state));
}

export function of({ parameters, ...view }) {
  const fragment = new URLSearchParams();
  for (const name of ['open', 'by']) if (view[name]) fragment.set(name, view[name]);
  return `/${asQuery('?', parameters)}${asQuery('#', fragment)}`;
}

/** Parameters but for some. */
export function without(parameters, ...names) {
  const rest = new URLSearchParams(parameters);
  for (const name of names) rest.delete(name);
  return rest;
}

/** What the list is asked for: these three concern exports. */
export const listed = (parameters) => without(parameters, 'fields', 'format', 'include');

/** Which list it is, whatever the place in it. */
export const listKey = (parameters) => listed(without(parameters, 'cursor', 'limit', 'partial')).toString();
