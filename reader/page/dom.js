/** Small makers of page elements; text is always set as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg'

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [given] attributes; `on…` are listeners, `text` is the content
 * @param {readonly (Node | string | null)[]} [children]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, given = {}, children = []) {
  const element = document.createElement(tag)
  set(element, given)
  element.append(...children.filter(child => child !== null))
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [given]
 * @returns {SVGElementTagNameMap[T]}
 */
export function draw(tag, given = {}) {
  const element = document.createElementNS(SVG, tag)
  set(element, given)
  return element
}

/** @param {Element} element @param {Record<string, unknown>} given */
function set(element, given) {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue
    if (name === 'text') element.textContent = String(value)
    else if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    } else element.setAttribute(name, value === true ? '' : String(value))
  }
}

/** What is being typed or chosen in: it is never taken away from under the hand. */
const FIELDS = 'input, select, textarea'

/**
 * Make an element's children equal to fresh ones, and leave alone those that are so already: what has the focus keeps it,
 * and a field that is being typed in stays as it is.
 *
 * @param {Element} parent
 * @param {readonly Element[]} fresh
 */
export function patch(parent, fresh) {
  fresh.forEach((wanted, n) => {
    const there = parent.children[n]
    if (!there) parent.append(wanted)
    else if (!stays(there, wanted)) there.replaceWith(wanted)
  })
  while (parent.children.length > fresh.length) parent.lastElementChild?.remove()
}

/** @param {Element} there @param {Element} wanted @returns {boolean} */
function stays(there, wanted) {
  const details = [...wanted.querySelectorAll('details')]
  // what a person has unfolded stays unfolded
  there.querySelectorAll('details').forEach((element, n) => {
    const same = details[n]
    if (same && element.open) same.open = true
  })
  const active = document.activeElement
  return there.outerHTML === wanted.outerHTML || (active !== null && there.contains(active) && active.matches(FIELDS))
}

/** @param {string} selector @returns {HTMLElement} an element of the page's own frame, which is always there */
export function find(selector) {
  const element = document.querySelector(selector)
  if (!(element instanceof HTMLElement)) throw new Error(`the page has no ${selector}`)
  return element
}

