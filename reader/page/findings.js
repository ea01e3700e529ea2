/**
 * The reader's answers and the rules between them. The items themselves come from the server's vocabulary.
 *
 * @typedef {string | number | boolean | string[] | null} Value
 *
 * @typedef {object} Answer
 * @property {Value} value
 * @property {'reader' | 'suggested' | 'consensus' | null} [source]
 * @property {string | null} [na_reason]
 * @property {number | null} [confidence]
 * @property {string | null} [series]
 * @property {boolean | null} [suggestion_seen]
 * @property {string | null} [comment]
 *
 * @typedef {Record<string, Answer>} Answers
 *
 * @typedef {object} Findings
 * @property {Record<string, Answers>} lesions
 * @property {Answers} patient
 * @property {{what: string, at: string, edited: boolean}[]} approvals
 * @property {string} [author]
 * @property {string} [state]
 * @property {any} [record]
 *
 * @typedef {object} Item
 * @property {string} name
 * @property {'study_sheet' | 'patient' | 'lesion'} scope
 * @property {'code' | 'codes' | 'int' | 'num' | 'level' | 'bool' | 'text'} kind
 * @property {string} definition
 * @property {string[]} codes
 * @property {string[]} labels
 * @property {string} unit
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | null} step
 * @property {string[]} needs
 * @property {Record<string, string[]>} inapplicable_if
 * @property {string[]} yes_if_any
 * @property {boolean} suggested
 * @property {boolean} required before a read can be signed
 * @property {boolean} required_in_follow_up
 *
 * @typedef {{value: string, na_reason: string | null, why: string}} Forced
 */

import { words } from './wording.js'

export const NOT_ASSESSABLE = 'not_assessable'
export const NOT_APPLICABLE = 'not_applicable'
/** Lowest image quality: nothing can be read on the series. */
const NON_DIAGNOSTIC = 1

/**
 * What other answers force on an item, and why.
 *
 * @param {Item} item
 * @param {Answers} answers of the same lesion, or of the patient
 * @param {Answers} sheet answers of the patient and the study sheet
 * @returns {Forced | null}
 */
export function forced(item, answers, sheet) {
  for (const [parent, values] of Object.entries(item.inapplicable_if)) {
    const said = answers[parent]?.value
    if (typeof said === 'string' && values.includes(said)) {
      return { value: NOT_APPLICABLE, na_reason: null, why: `${words(parent)}: ${words(said)}` }
    }
  }
  const lacking = item.needs.map(series => lack(series, sheet))
  if (!lacking.length || lacking.includes(null)) return null
  const reason = lacking.includes('artefact') ? 'artefact' : 'sequence_missing'
  const why = `needs ${item.needs.map(words).join(' or ')}`
  return { value: NOT_ASSESSABLE, na_reason: reason, why }
}

/** @param {string} series @param {Answers} sheet @returns {string | null} why nothing can be read on a series */
function lack(series, sheet) {
  if (sheet[`series_${series}`]?.value === 'no') return 'sequence_missing'
  return sheet[`quality_${series}`]?.value === NON_DIAGNOSTIC ? 'artefact' : null
}

/**
 * Derived item: yes if any part is neither no nor unknown, no only if all are no.
 *
 * @param {Item} item
 * @param {Answers} answers
 * @returns {Value}
 */
export function derived(item, answers) {
  const parts = item.yes_if_any.map(name => answers[name]?.value ?? null)
  if (parts.some(value => value !== null && value !== 'no' && value !== NOT_ASSESSABLE && value !== NOT_APPLICABLE)) return 'yes'
  if (parts.includes(null)) return null
  return parts.includes(NOT_ASSESSABLE) ? NOT_ASSESSABLE : 'no'
}

/** @param {Findings} findings @param {string} of `patient` or a lesion's number @returns {Answers} */
export const answersOf = (findings, of) => (of === 'patient' ? findings.patient : (findings.lesions[of] ?? {}))

/**
 * Findings with one answer changed, and with what that forces on the others.
 *
 * @param {Findings} findings
 * @param {string} of `patient` or a lesion's number
 * @param {string} name
 * @param {Answer | null} answer null takes it back
 * @param {readonly Item[]} items
 * @returns {Findings}
 */
export function answered(findings, of, name, answer, items) {
  const before = answersOf(findings, of)
  const { [name]: _, ...others } = before
  const answers = answer && answer.value !== null ? { ...others, [name]: answer } : others
  const changed =
    of === 'patient' ? { ...findings, patient: answers } : { ...findings, lesions: { ...findings.lesions, [of]: answers } }
  return enforced(changed, items)
}

/**
 * Write what the rules force, and take back what they no longer force.
 *
 * @param {Findings} findings
 * @param {readonly Item[]} items
 * @returns {Findings}
 */
export function enforced(findings, items) {
  const patient = settle(findings.patient, items.filter(item => item.scope !== 'lesion'), findings.patient)
  const ofLesion = items.filter(item => item.scope === 'lesion')
  const lesions = Object.fromEntries(
    Object.entries(findings.lesions).map(([lesion, answers]) => [lesion, settle(answers, ofLesion, patient)]),
  )
  return { ...findings, patient, lesions }
}

/** @param {Answers} answers @param {readonly Item[]} items @param {Answers} sheet @returns {Answers} */
function settle(answers, items, sheet) {
  const settled = { ...answers }
  for (const item of items) {
    if (item.yes_if_any.length) {
      const value = derived(item, settled)
      if (value === null) delete settled[item.name]
      else settled[item.name] = { value, source: 'reader', ...(value === NOT_ASSESSABLE ? { na_reason: 'not_covered' } : {}) }
      continue
    }
    const force = forced(item, settled, sheet)
    const said = settled[item.name]?.value
    if (force && said !== force.value) {
      settled[item.name] = { value: force.value, source: 'reader', ...(force.na_reason ? { na_reason: force.na_reason } : {}) }
    } else if (!force && said === NOT_APPLICABLE && Object.keys(item.inapplicable_if).length) {
      delete settled[item.name]
    }
  }
  return settled
}

/**
 * Items that still have to be answered before a read can be signed.
 *
 * @param {Findings} findings
 * @param {readonly Item[]} items those that must be answered
 * @param {readonly number[]} lesions
 * @returns {{of: string, item: Item}[]}
 */
export function open(findings, items, lesions) {
  const wanted = items.filter(item => !item.yes_if_any.length)
  const lacking = (/** @type {string} */ of, /** @type {Item[]} */ list) =>
    list.filter(item => !isAnswered(item, answersOf(findings, of)[item.name])).map(item => ({ of, item }))
  return [
    ...lacking('patient', wanted.filter(item => item.scope !== 'lesion')),
    ...lesions.flatMap(lesion => lacking(String(lesion), wanted.filter(item => item.scope === 'lesion'))),
  ]
}

/** A suggestion nobody confirmed is no answer, but on the study sheet, which is filled from the series. @param {Item} item @param {Answer | undefined} answer */
const isAnswered = (item, answer) =>
  answer !== undefined && answer.value !== null && (item.scope === 'study_sheet' || answer.source !== 'suggested')

