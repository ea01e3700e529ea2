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

/** What the arrows move among: the choices of one question, the tabs of a list. */
const GROUPS = '[role="radiogroup"], [role="tablist"]'
const MEMBERS = '[role="radio"], [role="tab"]'
/** @type {Record<string, (at: number, count: number) => number>} */
const WAYS = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

/**
 * Where a key leads inside a group of choices. It moves the focus and chooses nothing: an answer that is only passed over
 * could take others back (a pattern that is absent makes the rim not applicable); Enter or the space bar chooses.
 *
 * @param {string} name as `pressed` gives it
 * @param {number} at which member has the focus
 * @param {number} count members of the group
 * @returns {number | null} the member that gets it; null where the key does not move in a group
 */
export const stepIn = (name, at, count) => (at >= 0 && name in WAYS ? WAYS[name](at, count) : null)

/** @param {string} name @param {HTMLElement} target @returns {boolean} whether the key moved inside a group */
function movedInGroup(name, target) {
  const group = target.closest(GROUPS)
  if (!group) return false
  const members = [...group.querySelectorAll(MEMBERS)]
  const next = members[stepIn(name, members.indexOf(target), members.length) ?? -1]
  if (!(next instanceof HTMLElement)) return false
  next.focus()
  return true
}

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
    const target = /** @type {HTMLElement} */ (event.target)
    if (movedInGroup(name, target)) {
      event.preventDefault()
      event.stopPropagation()
      return
    }
    const binding = bindings().find(entry => entry.keys.includes(name))
    if (!binding) return
    if (FIELDS.has(target.tagName) && !binding.typing) return
    if (['BUTTON', 'SUMMARY', 'A'].includes(target.tagName) && OF_BUTTONS.has(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    binding.act()
  }
  window.addEventListener('keydown', heard, { capture: true })
  return () => window.removeEventListener('keydown', heard, { capture: true })
}
