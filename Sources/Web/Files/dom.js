// Building blocks. Text only ever becomes text: nothing on these pages parses HTML.

export const $ = (id) => document.getElementById(id);

/**
 * Makes an element. `properties` are attributes, but for `onclick` and the like, which are listeners; undefined,
 * null and false leave one out. Children are nodes, texts, lists of them, or nothing.
 */
export const el = (name, properties, ...children) => fill(document.createElement(name), properties, children);

export const svg = (name, properties, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), properties, children);

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

export const button = (text, onclick, properties) => el('button', { type: 'button', onclick, ...properties }, text);

let toastTimer;

/** Says something for a few seconds. */
export function toast(text) {
  clearTimeout(toastTimer);
  $('toast').textContent = text;
  $('toast').hidden = false;
  toastTimer = setTimeout(() => { $('toast').hidden = true; }, 4000);
}

/** Copies text; where a page is not served securely, browsers have only the old way. */
export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea', { class: 'hidden' });
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    if (!isCopied) return toast('The browser does not allow copying');
  }
  return toast(done);
}
