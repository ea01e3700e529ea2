/** Questions to the reader, each a modal dialog that the keyboard alone can answer. */

import { make } from './dom.js'

/**
 * Show a dialog until one of its answers is chosen.
 *
 * @param {object} asked
 * @param {string} asked.title
 * @param {readonly (Node | string)[]} asked.body
 * @param {readonly {value: string, text: string, primary?: boolean}[]} asked.answers
 * @returns {Promise<string>} the value of the answer; empty where it was left with Escape
 */
export function ask({ title, body, answers }) {
  const form = make('form', { method: 'dialog' }, [
    make('h2', { text: title }),
    make('div', { class: 'body' }, body),
    make('div', { class: 'answers' }, answers.map(({ value, text, primary }) =>
      make('button', { value, text, class: primary ? 'primary' : '', autofocus: primary }))),
  ])
  const dialog = make('dialog', { 'aria-label': title }, [form])
  document.body.append(dialog)
  // keys of the page rest while a question is open
  dialog.addEventListener('keydown', event => event.stopPropagation())
  dialog.showModal()
  // a long one begins at its title, though its first answer has the focus
  dialog.scrollTop = 0
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue)
    })
  })
}

/** @returns {boolean} whether a question is open */
export const asking = () => document.querySelector('dialog[open]') !== null

/**
 * @param {string} title
 * @param {readonly string[]} names
 * @param {string} likely chosen first
 * @returns {Promise<string>} the chosen name; empty where none was
 */
export async function askName(title, names, likely) {
  const choice = make('select', { 'aria-label': title, autofocus: true },
    names.map(name => make('option', { value: name, text: name, selected: name === likely })))
  const answer = await ask({
    title,
    body: [choice],
    answers: [{ value: 'yes', text: 'Name it', primary: true }, { value: '', text: 'Cancel' }],
  })
  return answer === 'yes' ? choice.value : ''
}

/** @param {string} title @param {string} label @returns {Promise<string>} what was written; empty where nothing was */
export async function askText(title, label) {
  const field = make('input', { type: 'text', maxlength: 300, 'aria-label': label, placeholder: label, autofocus: true })
  const answer = await ask({
    title,
    body: [field],
    answers: [{ value: 'yes', text: 'Go on', primary: true }, { value: '', text: 'Cancel' }],
  })
  return answer === 'yes' ? field.value.trim() : ''
}

/** @param {readonly import('./keys.js').Binding[]} bindings */
export async function showHelp(bindings) {
  const groups = [...new Set(bindings.map(binding => binding.group))]
  const name = (/** @type {string} */ key) => (key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key)
  await ask({
    title: 'Keys',
    body: [
      make('div', { class: 'keys' }, groups.map(group =>
        make('section', {}, [make('h3', { text: group }), make('dl', {}, bindings.filter(b => b.group === group).flatMap(b => [
          make('dt', {}, b.keys.slice(0, 2).map(key => make('kbd', { text: name(key) }))),
          make('dd', { text: b.does }),
        ]))]))),
      make('p', { text: 'Mouse: left the tool, right window and level, middle shifts; wheel slices, Ctrl+wheel magnifies, Shift+wheel sizes the brush. Drag a disc to correct it. With New lesion or Grow: Shift+click adds to the lesion, Alt+click says what does not belong to it.' }),
    ],
    answers: [{ value: '', text: 'Close', primary: true }],
  })
}
