/**
 * The form of the findings: made from the vocabulary, one row an item, "not assessable" apart from "no".
 *
 * @typedef {import('./findings.js').Item} Item
 * @typedef {import('./findings.js').Answer} Answer
 * @typedef {import('./findings.js').Value} Value
 *
 * @typedef {object} Row what a row needs to know
 * @property {Item} item
 * @property {Answer | undefined} answer
 * @property {import('./findings.js').Forced | null} forced
 * @property {Value} suggestion null where there is none or it is withheld
 * @property {boolean} locked
 * @property {readonly string[]} reasons of what is not assessable
 * @property {readonly string[]} levels names a level may have
 * @property {readonly {id: string, name: string}[]} series
 * @property {(answer: Answer | null) => void} change
 */

import { make } from './dom.js'
import { NOT_APPLICABLE, NOT_ASSESSABLE } from './findings.js'
import { plain, words } from './wording.js'

/** As the server allows. */
const LONGEST_COMMENT = 500
const CONFIDENCE = ['', 'low', 'moderate', 'high']

/** @param {Row} row @returns {HTMLElement} */
export function formRow(row) {
  const { item, answer, forced } = row
  const closed = row.locked || forced !== null || item.yes_if_any.length > 0
  const title = words(item.name)
  const field = make('div', { class: 'row', 'data-item': item.name, role: 'group', 'aria-label': title }, [
    make('span', { class: 'name', title: item.definition, text: title }),
    make('div', { class: 'answer' }, [closed ? shownOnly(row) : control(row)]),
  ])
  if (forced) field.append(make('p', { class: 'why', text: `${words(forced.value)}: ${forced.why}` }))
  if (!closed) {
    const suggestion = suggestionOf(row)
    if (suggestion) field.append(suggestion)
    if (answer?.value !== undefined && answer.value !== null) field.append(details(row, answer))
  }
  return field
}

/** @param {Row} row */
function shownOnly({ answer, item }) {
  const value = answer?.value ?? null
  const said = value === null ? (item.yes_if_any.length ? 'follows from other answers' : '—') : written(value)
  return make('output', { text: said, class: value === null ? 'unread' : '' })
}

/** @param {Value} value */
const written = value => (Array.isArray(value) ? value.map(words).join(', ') : words(String(value)))

/** @param {Row} row @returns {HTMLElement} */
function control(row) {
  const { item } = row
  const own =
    item.kind === 'code' || (item.kind === 'int' && item.labels.length)
      ? choices(row)
      : item.kind === 'codes'
        ? several(row)
        : item.kind === 'bool'
          ? choices(row)
          : typed(row)
  const apart = item.kind === 'text' ? [] : [notAssessable(row)]
  return make('div', { class: 'controls' }, [own, ...apart])
}

/** @param {Row} row @returns {{value: Value, text: string}[]} */
function options({ item }) {
  if (item.kind === 'bool') return [false, true].map(value => ({ value, text: value ? 'yes' : 'no' }))
  if (item.kind === 'int') {
    return item.labels.map(label => ({ value: Number.parseInt(label, 10), text: label }))
  }
  return item.codes.map(code => ({ value: code, text: words(code) }))
}

/** @param {Row} row */
function choices(row) {
  const said = row.answer?.value ?? null
  const short = row.item.kind === 'int'
  const all = options(row)
  // one stop of the Tab key for a question: its answer, else its first choice; the arrows lead to the others
  const stop = Math.max(0, all.findIndex(({ value }) => said === value))
  return make('div', { class: 'segments', role: 'radiogroup', 'aria-label': words(row.item.name) },
    all.map(({ value, text }, n) => segment(row, said === value, short ? String(value) : text, text, value, n === stop)))
}

/** @param {Row} row @param {boolean} on @param {string} text @param {string} title @param {Value} value @param {boolean} stop */
function segment(row, on, text, title, value, stop) {
  const suggested = row.answer?.source === 'suggested'
  return make('button', {
    type: 'button',
    role: 'radio',
    'aria-checked': String(on),
    tabindex: stop ? '0' : '-1',
    class: on ? (suggested ? 'on suggested' : 'on') : '',
    title,
    text,
    'data-value': String(value),
    // a second press takes the answer back: the item is unread again
    onclick: () => row.change(on ? null : said(row, value)),
  })
}

/** @param {Row} row */
function several(row) {
  const now = Array.isArray(row.answer?.value) ? row.answer.value : []
  return make('div', { class: 'segments many', role: 'group' },
    row.item.codes.map(code => {
      const on = now.includes(code)
      const next = on ? now.filter(one => one !== code) : code === 'none' ? [code] : [...now.filter(one => one !== 'none'), code]
      return make('button', {
        type: 'button',
        role: 'checkbox',
        'aria-checked': String(on),
        class: on ? 'on' : '',
        text: words(code),
        'data-value': code,
        onclick: () => row.change(next.length ? said(row, next) : null),
      })
    }))
}

/** @param {Row} row */
function notAssessable(row) {
  const on = row.answer?.value === NOT_ASSESSABLE
  const button = make('button', {
    type: 'button',
    class: on ? 'apart on' : 'apart',
    'aria-pressed': String(on),
    title: 'looked, but could not tell: not the same as no',
    text: 'not assessable',
    'data-value': NOT_ASSESSABLE,
    onclick: () => (on ? row.change(null) : button.replaceWith(asked())),
  })
  const choices = (/** @type {boolean} */ unset) => [...(unset ? [''] : []), ...row.reasons].map(code =>
    make('option', { value: code, text: code ? words(code) : 'not assessable: why?', selected: !unset && row.answer?.na_reason === code }))
  const reason = (/** @type {boolean} */ unset) => {
    const select = make('select', {
      'aria-label': 'reason',
      'data-value': NOT_ASSESSABLE,
      onchange: () => select.value && row.change({ ...said(row, NOT_ASSESSABLE), na_reason: select.value }),
    }, choices(unset))
    return select
  }
  // without a reason it is not stored: leaving the question open leaves the item as it was
  const asked = () => {
    const select = reason(true)
    requestAnimationFrame(() => select.focus())
    return select
  }
  if (!on) return button
  return make('span', { class: 'reasoned' }, [button, reason(false)])
}

/** @param {Row} row */
function typed(row) {
  const { item, answer } = row
  const now = answer?.value === NOT_ASSESSABLE || answer?.value === NOT_APPLICABLE ? '' : String(answer?.value ?? '')
  if (item.kind === 'level') {
    const choice = make('select', { 'aria-label': words(item.name), onchange: () => row.change(choice.value ? said(row, choice.value) : null) },
      ['', ...row.levels].map(level => make('option', { value: level, text: level, selected: level === now })))
    return choice
  }
  const number = item.kind === 'int' || item.kind === 'num'
  const input = make('input', {
    type: number ? 'number' : 'text',
    value: now,
    min: item.minimum,
    max: item.maximum,
    step: item.step ?? (item.kind === 'int' ? 1 : 'any'),
    maxlength: number ? undefined : LONGEST_COMMENT,
    'aria-label': words(item.name) + (item.unit ? ` in ${item.unit}` : ''),
    onchange: () => {
      if (!input.checkValidity()) return input.reportValidity()
      const value = number ? (input.value === '' ? null : Number(input.value)) : plain(input.value) || null
      return row.change(value === null ? null : said(row, value))
    },
  })
  return make('span', { class: 'typed' }, [input, item.unit])
}

/** The reader's own answer; what else was said of it stays. @param {Row} row @param {Value} value @returns {Answer} */
function said(row, value) {
  const { answer } = row
  return {
    value,
    source: 'reader',
    ...(answer?.confidence ? { confidence: answer.confidence } : {}),
    ...(answer?.comment ? { comment: answer.comment } : {}),
    ...(answer?.series ? { series: answer.series } : {}),
    ...(row.item.suggested ? { suggestion_seen: row.suggestion !== null } : {}),
  }
}

/** @param {Row} row */
function suggestionOf(row) {
  const { suggestion, answer } = row
  if (suggestion === null || (answer && answer.value !== null && answer.source !== 'suggested')) return null
  return make('p', { class: 'suggestion' }, [
    `suggested: ${written(suggestion)} `,
    make('button', { type: 'button', text: 'confirm', onclick: () => row.change(said(row, suggestion)) }),
  ])
}

/** @param {Row} row @param {Answer} answer */
function details(row, answer) {
  const confidence = make('select', {
    'aria-label': 'confidence',
    onchange: () => row.change({ ...answer, confidence: Number(confidence.value) || null }),
  }, CONFIDENCE.map((text, n) => make('option', { value: n || '', text: text || 'confidence', selected: (answer.confidence ?? 0) === n })))
  const series = make('select', {
    'aria-label': 'read on',
    onchange: () => row.change({ ...answer, series: series.value || null }),
  }, [make('option', { value: '', text: 'read on' }),
    ...row.series.map(one => make('option', { value: one.id, text: one.name, selected: answer.series === one.id }))])
  const comment = make('input', {
    type: 'text',
    placeholder: 'comment',
    'aria-label': 'comment',
    value: answer.comment ?? '',
    maxlength: LONGEST_COMMENT,
    onchange: () => row.change({ ...answer, comment: plain(comment.value) || null }),
  })
  return make('details', { class: 'more', open: Boolean(answer.comment) }, [
    make('summary', { text: 'more', title: 'confidence, series, comment' }),
    confidence, series, comment,
  ])
}
