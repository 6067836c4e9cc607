// Shows /openapi.json to people. What a reader wants to know of an operation stands together: references are
// resolved in place, but for schemas that have a section of their own.

import { $, el } from '/assets/dom.js';

const response = await fetch('/openapi.json');
const api = await response.json();

/** What a `$ref` stands for; anything else is itself. */
const resolve = (node) => (node?.$ref ? node.$ref.slice(2).split('/').reduce((part, key) => part[key], api) : node);
const nameOf = (reference) => reference.slice(reference.lastIndexOf('/') + 1);
const anchor = (name) => name.toLowerCase();

/** Text with what stands in backquotes as code. */
const prose = (text = '') => text.split('`').map((part, index) => (index % 2 ? el('code', {}, part) : part));

/** A schema in a few words, linked where it has its own section. */
function type(schema) {
  if (!schema || !Object.keys(schema).length) return ['any'];
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [el('a', { href: `#${anchor(name)}` }, name)];
  }
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.flatMap((one, index) => [index ? ' or ' : '', ...type(one)]);
  if (schema.type === 'array') return ['list of ', ...type(schema.items)];
  return [[schema.type].flat().join(' or '), schema.format && ` (${schema.format})`];
}

/** What a value must be, beyond its type. */
function limits(schema) {
  const { minimum, maximum, maxLength, default: preset, pattern } = schema;
  return [
    schema.enum && [schema.enum.map((word, index) => [index ? ', ' : '', el('code', {}, word)])].flat(2),
    minimum !== undefined && maximum !== undefined && [`${minimum} to ${maximum}`],
    maxLength && [`at most ${maxLength} characters`],
    pattern && ['like ', el('code', {}, pattern)],
    preset !== undefined && ['default ', el('code', {}, String(preset))],
  ].filter(Boolean).map((parts) => el('div', { class: 'limit' }, parts));
}

const table = (caption, headings, rows) => el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${caption}, scrollable` },
  el('table', { 'aria-label': caption }, el('thead', {}, el('tr', {}, headings.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((cell) => el('td', {}, cell)))))));

const example = (value) =>
  el('pre', { tabindex: '0' }, typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function parameters(operation) {
  if (!operation.parameters) return [];
  const rows = operation.parameters.map(resolve).map((parameter) => [
    el('code', {}, parameter.name),
    type(parameter.schema),
    [el('div', {}, prose(parameter.description)),
      ...limits(resolve(parameter.schema)), ...limits(resolve(parameter.schema.items) ?? {})],
  ]);
  return [el('h4', {}, 'Parameters'), table('Parameters', ['Name', 'Type', 'Meaning'], rows)];
}

function responses(operation) {
  const rows = Object.entries(operation.responses).map(([status, reference]) => {
    const answer = resolve(reference);
    const content = Object.entries(answer.content ?? {}).map(([media, { schema }]) =>
      el('div', { class: 'limit' }, el('code', {}, media), ' ', type(schema)));
    return [el('code', {}, status), [el('div', {}, prose(answer.description)), ...content], Object.keys(answer.headers ?? {}).join(', ')];
  });
  return [el('h4', {}, 'Answers'), table('Answers', ['Status', 'Meaning', 'Headers'], rows)];
}

function examples(operation) {
  return Object.values(operation.responses).map(resolve).flatMap((answer) => Object.values(answer.content ?? {}))
    .flatMap((media) => [...Object.values(media.examples ?? {}).map(resolve), ...(media.example ? [{ value: media.example }] : [])])
    .map(({ summary, value }) => el('details', {}, el('summary', {}, 'Example', summary ? ': ' : '', prose(summary)), example(value)));
}

const operations = Object.entries(api.paths).map(([path, { get }]) => ({ path, get }));

const section = ({ path, get }) => el('section', { class: 'card', id: get.operationId },
  el('h3', {}, el('span', { class: 'tag' }, 'GET'), ' ', el('code', {}, path)),
  el('p', { class: 'lead' }, get.summary, get.security?.length === 0 ? el('small', {}, ' needs no token') : null),
  el('p', {}, prose(get.description)), ...parameters(get), ...responses(get), ...examples(get));

function schemaSection([name, schema]) {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, part]) =>
    [[key, part], ...Object.entries(part.properties ?? {}).map(([inner, value]) => [`${key}.${inner}`, value])]);
  return el('section', { class: 'card', id: anchor(name) }, el('h3', {}, name),
    el('p', {}, prose(schema.description)),
    properties.length
      ? table(name, ['Field', 'Type', 'Meaning'], properties.map(([key, part]) =>
        [el('code', {}, key), type(part), [prose(part.description), ...limits(part)].flat()]))
      : el('p', {}, type(schema), ...limits(schema)));
}

const schemas = Object.entries(api.components.schemas);

$('contents').append(...api.tags.flatMap((tag) => [
  el('h2', {}, tag.name),
  el('ul', {}, operations.filter(({ get }) => get.tags.includes(tag.name))
    .map(({ get }) => el('li', {}, el('a', { href: `#${get.operationId}` }, get.summary)))),
]), el('h2', {}, 'Schemas'), el('ul', {}, schemas.map(([name]) => el('li', {}, el('a', { href: `#${anchor(name)}` }, name)))));

$('reference').replaceChildren(
  el('h1', {}, `${api.info.title} `, el('span', { class: 'tag' }, api.info.version)),
  el('p', { class: 'lead' }, api.info.summary),
  el('p', {}, prose(api.info.description)),
  el('pre', { tabindex: '0' }, `curl -H "Authorization: Bearer $GATEWAY_TOKEN" '${location.origin}/v1/sessions?status=failed&limit=10'`),
  el('p', {}, prose(api.components.securitySchemes.token.description)),
  ...api.tags.flatMap((tag) => [
    el('h2', {}, tag.name), el('p', {}, prose(tag.description)),
    ...operations.filter(({ get }) => get.tags.includes(tag.name)).map(section),
  ]),
  el('h2', {}, 'Schemas'), ...schemas.map(schemaSection));
// What the address points at has only just come to be.
document.getElementById(location.hash.slice(1))?.scrollIntoView();
