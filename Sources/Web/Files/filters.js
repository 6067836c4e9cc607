// The form: what the address says becomes what the controls show, and back. Controls are named as the API's
// parameters are, so that hardly any of them is known by name here.

import { $, el } from '/assets/dom.js';
import { words } from '/assets/format.js';

const form = $('filters');
// Not counted among the filters.
const others = ['sort', 'limit', 'partial', 'format', 'fields', 'include', 'cursor'];

/** Calls `changed` whenever a control has another value. */
export function start(changed) {
  for (const { dataset } of form.querySelectorAll('[data-values]')) offerWords(dataset.name, dataset.values.split(' '));
  form.addEventListener('change', changed);
  form.addEventListener('submit', (event) => { event.preventDefault(); changed(); });
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    show(new URLSearchParams());
    changed();
  });
  let typing;
  form.elements.q.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(changed, 350);
  });
  $('ranges').addEventListener('click', ({ target }) => {
    if (!target.dataset.hours) return;
    setTime(form.elements.createdAfter, new Date(Date.now() - target.dataset.hours * 3_600_000).toISOString());
    setTime(form.elements.createdBefore, '');
    changed();
  });
}

function offerWords(name, values) {
  form.querySelector(`[data-name=${name}]`).replaceChildren(...values.map((value) =>
    el('label', null, el('input', { type: 'checkbox', name, value }), el('span', null, value))));
}

/** Adds the controls that depend on what is configured. */
export function offer(sources) {
  const providers = [...new Map(sources.map((source) => [source.provider, source.capabilities.parameters]))];
  offerWords('source', sources.map(({ name }) => name));
  offerWords('provider', providers.map(([name]) => name));
  $('passed-on').replaceChildren(...providers.filter(([, parameters]) => parameters.length).map(([provider, parameters]) =>
    el('fieldset', null, el('legend', null, `Only for ${provider}`), parameters.map(passedOn))));
}

function passedOn({ name, type }) {
  const label = words(name.slice(name.indexOf('.') + 1));
  return type === 'boolean'
    ? el('label', { class: 'check' }, el('input', { type: 'checkbox', name, value: 'true' }), label)
    : el('label', { class: 'field' }, label, el('input', { name, maxlength: 512 }));
}

const controls = () => [...form.elements].filter(({ name }) => name);

/** What the controls say; what is as by default is left out. */
export function read() {
  const parameters = new URLSearchParams();
  for (const control of controls()) {
    const value = valueOf(control);
    const before = parameters.get(control.name);
    if (value) parameters.set(control.name, before ? `${before},${value}` : value);
  }
  return parameters;
}

function valueOf({ type, checked, value, dataset }) {
  if (type === 'checkbox') return checked && value;
  if (type !== 'datetime-local') return value.trim();
  // A time that nobody touched stays as it was written, to the millisecond.
  return value === dataset.shown ? dataset.exact : value && new Date(value).toISOString();
}

/** Sets every control to what `parameters` say. */
export function show(parameters) {
  for (const control of controls()) {
    const given = parameters.getAll(control.name).join(',');
    control.removeAttribute('aria-invalid');
    if (control.type === 'checkbox') control.checked = given.split(',').includes(control.value);
    else if (control.type === 'datetime-local') setTime(control, given);
    // A space at the end belongs to a word that is still being typed.
    else if (control.value.trim() !== given) control.value = given;
    // What a list does not offer (limit=7, or a default spelt out) is offered from now on.
    if (control.localName === 'select' && control.value !== given) control.add(new Option(given, given, false, true));
  }
  const used = inUse(parameters).length;
  $('filter-count').textContent = used;
  $('filter-count').hidden = !used;
  // A filter in use is no secret.
  const more = $('more-filters');
  more.open ||= [...more.querySelectorAll('[name]')].some(({ name }) => parameters.has(name));
}

/** The control knows no time zone, and no milliseconds. */
function setTime(control, text) {
  const time = new Date(text);
  control.value = Number.isNaN(time.getTime())
    ? '' : new Date(time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  control.dataset.shown = control.value;
  control.dataset.exact = text;
}

/** Marks the control that a problem is about. */
export function blame(parameter) {
  for (const control of controls()) if (control.name === parameter) control.setAttribute('aria-invalid', 'true');
}

export const inUse = (parameters) => [...parameters].filter(([name]) => !others.includes(name));
