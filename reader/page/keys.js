/**
 * The keys, as data: what is pressed, what it does, and how the help sheet says it.
 *
 * @typedef {object} Binding
 * @property {readonly string[]} keys as `KeyboardEvent.key`, with `Ctrl+`, `Alt+`, `Shift+` before it
 * @property {string} does
 * @property {string} group
 * @property {() => void} act
 * @property {boolean} [typing] also while a field is being typed in
 */

const FIELDS = new Set(['INPUT', 'SELECT', 'TEXTAREA'])
/** Keys that press, choose or leave an element that has the focus; there they are the element's own. */
const OF_BUTTONS = new Set(['Enter', ' '])

/** @param {KeyboardEvent} event @returns {string} */
export function pressed(event) {
  const shifted = event.shiftKey && (event.key.length > 1 || event.ctrlKey)
  const parts = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', shifted ? 'Shift' : '']
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  // with Alt some layouts give another sign than the digit on the key
  const named = event.altKey && event.code.startsWith('Digit') ? event.code.slice(5) : key
  return [...parts.filter(Boolean), named].join('+')
}

/**
 * Listen to the keys before anything else on the page does.
 *
 * @param {() => readonly Binding[]} bindings those in force
 * @returns {() => void} stops listening
 */
export function listen(bindings) {
  const heard = (/** @type {KeyboardEvent} */ event) => {
    const name = pressed(event)
    const binding = bindings().find(entry => entry.keys.includes(name))
    if (!binding) return
    const target = /** @type {HTMLElement} */ (event.target)
    if (FIELDS.has(target.tagName) && !binding.typing) return
    if (['BUTTON', 'SUMMARY', 'A'].includes(target.tagName) && OF_BUTTONS.has(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    binding.act()
  }
  window.addEventListener('keydown', heard, { capture: true })
  return () => window.removeEventListener('keydown', heard, { capture: true })
}
