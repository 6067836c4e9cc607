// The same sessions elsewhere: as a curl command, and as a file.

import { get, listPath, pause, token } from '/assets/api.js';
import { without } from '/assets/address.js';

// What a spreadsheet opens without complaint, and a browser holds with ease.
const mostRows = 100_000;
// A source that fails keeps its place: after so many pages in a row that brought nothing, waiting is no use.
const mostIdlePages = 3;

/** A command for a shell. The token is no part of it: a variable of the shell is to hold it. */
export function curlCommand(parameters) {
  const credential = token.get() ? '-H "Authorization: Bearer $GATEWAY_TOKEN" ' : '';
  return `curl ${credential}'${location.origin}${listPath(parameters).replaceAll("'", '%27')}'`;
}

/** Reads the list to its end as comma-separated values. `progress` gets the number of sessions so far. */
export async function csv(parameters, signal, progress) {
  const query = without(parameters, 'cursor');
  query.set('format', 'csv');
  query.set('limit', '500');
  const parts = [];
  let path = listPath(query);
  let [rows, idle, isPartial] = [0, 0, false];
  while (path && rows < mostRows && idle < mostIdlePages) {
    const answer = await get(path, signal);
    const text = await answer.text();
    const found = countLines(text) - 1;
    parts.push(parts.length ? text.slice(text.indexOf('\r\n') + 2) : text);
    rows += found;
    progress(rows);
    isPartial = answer.headers.get('Gateway-Partial') === 'true';
    idle = isPartial && !found ? idle + 1 : 0;
    path = answer.headers.get('Link')?.match(/<([^>]+)>; rel="next"/)?.[1];
    if (path && idle) await pause(Math.min(answer.headers.get('Retry-After'), 10) * 1000, signal);
  }
  return { blob: new Blob(parts, { type: 'text/csv' }), rows, isPartial: isPartial || Boolean(path) };
}

/** A quote inside quotes is doubled: outside of them the number of quotes before is even. */
function countLines(text) {
  let [lines, isQuoted] = [0, false];
  for (const [character] of text.matchAll(/["\n]/g)) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted) lines += 1;
  }
  return lines;
}

/** Hands a file to the browser. */
export function save(blob, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
