// The gateway's API: adds the token, and turns what goes wrong into one kind of error.

const tokenKey = 'sessions-gateway-token';

/** Kept for this tab only. */
export const token = {
  get: () => sessionStorage.getItem(tokenKey) ?? '',
  set: (value) => (value ? sessionStorage.setItem(tokenKey, value) : sessionStorage.removeItem(tokenKey)),
};

/** What the gateway says when it says no (RFC 9457), or the browser when it cannot reach it. */
export class Problem extends Error {
  constructor({ type = '', detail, ...rest }) {
    super(detail ?? rest.title);
    Object.assign(this, rest, { kind: type.split(':').pop() });
  }
}

/** An answer that says yes. An abort throws an `AbortError`, everything else that fails a `Problem`. */
export async function get(path, signal) {
  const headers = token.get() ? { Authorization: `Bearer ${token.get()}` } : {};
  let answer;
  try {
    answer = await fetch(path, { headers, signal });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem({ title: 'The gateway cannot be reached', detail: 'Is it running, and is there a network?' });
  }
  if (answer.ok) return answer;
  const { status } = answer;
  const body = await answer.json().catch(() => ({}));
  throw new Problem({ title: `The gateway answered ${status}`, status, retryAfter: answer.headers.get('Retry-After'), ...body });
}

export const getJSON = async (path, signal) => (await get(path, signal)).json();

export const itemPath = (id) => `/v1/sessions/${encodeURIComponent(id)}`;
export const listPath = (parameters) => `/v1/sessions${asQuery('?', parameters)}`;

/** Parameters after `mark`, if there are any; characters that are harmless stay readable. */
export function asQuery(mark, parameters) {
  const text = parameters.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text && mark + text;
}

/** Resolves after a time; throws when `signal` is aborted before. */
export const pause = (milliseconds, signal) => new Promise((resolve, reject) => {
  setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', () => reject(signal.reason));
});
