/**
 * Every key of the reading page and what it does.
 *
 * @typedef {import('./keys.js').Binding} Binding
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { TOOLS } from './tools.js'

const FAR_VOXELS = 10

/** @param {CasePage} page @returns {Binding[]} */
export function bindings(page) {
  return [...tools(page), ...moves(page), ...edits(page), ...views(page), ...panels(page)]
}

/** @param {string} group @param {string} keys @param {string} does @param {() => void} act @returns {Binding} */
const bind = (group, keys, does, act) => ({ group, keys: keys.split(' ').map(key => (key === 'Space' ? ' ' : key)), does, act })

/** @param {CasePage} page @returns {Binding[]} */
function tools(page) {
  const { reading } = page
  return [
    ...TOOLS.map(tool => bind('Tools', tool.key, tool.title, () => page.useTool(tool.name))),
    bind('Tools', 'Space', 'last tool', () => page.lastTool()),
    bind('Tools', 'Enter', 'use the tool at the crosshair', () => page.applyAtCursor(false)),
    bind('Tools', 'Alt+Enter', 'grow: this does not belong to the lesion', () => page.applyAtCursor(true)),
    bind('Tools', '- Shift+-', 'smaller brush', () => page.panes.brushBy(-1)),
    bind('Tools', '+ = Shift++', 'larger brush', () => page.panes.brushBy(1)),
    bind('Tools', 'b', 'brush in one slice or a ball', () => reading.choose({ ball: !reading.choice.ball })),
    bind('Tools', 'i', 'inside the cord only', () => reading.choose({ insideCord: !reading.choice.insideCord })),
    bind('Tools', 'f', 'fill between drawn slices', () => void page.lesions.fill()),
    bind('Tools', 'q', 'previous lesion', () => page.lesions.step(-1)),
    bind('Tools', 'w', 'next lesion', () => page.lesions.step(1)),
    bind('Tools', 'r', 'next structure', () => page.nextRegion()),
  ]
}

/** @param {CasePage} page @returns {Binding[]} */
function moves(page) {
  const { panes } = page
  const step = (/** @type {number} */ n) => () => panes.active?.step(n)
  const nudge = (/** @type {number} */ right, /** @type {number} */ down) => () => panes.active?.nudge(right, down)
  return [
    bind('Moving', 'ArrowUp', 'previous slice', step(-1)),
    bind('Moving', 'ArrowDown', 'next slice', step(1)),
    bind('Moving', 'PageUp', 'five slices back', step(-5)),
    bind('Moving', 'PageDown', 'five slices on', step(5)),
    bind('Moving', 'Home', 'first slice', () => panes.active?.end('first')),
    bind('Moving', 'End', 'last slice', () => panes.active?.end('last')),
    ...[['Left', -1, 0], ['Right', 1, 0], ['Up', 0, -1], ['Down', 0, 1]].flatMap(([way, right, down]) => [
      bind('Moving', `Shift+Arrow${way}`, `crosshair ${String(way).toLowerCase()}`, nudge(Number(right), Number(down))),
      bind('Moving', `Ctrl+Shift+Arrow${way}`, `crosshair far ${String(way).toLowerCase()}`,
        nudge(FAR_VOXELS * Number(right), FAR_VOXELS * Number(down))),
    ]),
    bind('Moving', 'n', 'next picture', () => page.nextPane()),
  ]
}

/** @param {CasePage} page @returns {Binding[]} */
function edits(page) {
  return [
    bind('Editing', 'z Ctrl+z', 'undo', () => page.undo()),
    bind('Editing', 'y Ctrl+y', 'redo', () => page.redo()),
    { ...bind('Editing', 'Ctrl+s', 'save now', () => void page.saver.flush()), typing: true },
    { ...bind('Editing', 'Ctrl+Enter', 'sign', () => void page.signing.askToSign()), typing: true },
    bind('Editing', 'c', 'confirm the cord', () => void page.proposals.approve('cord')),
    bind('Editing', 'v', 'confirm the levels', () => void page.proposals.approve('discs')),
    bind('Editing', 'k', 'keep this picture as a key image', () => void page.keyImages.add()),
    bind('Editing', 't', 'accept the proposed lesion at the crosshair', () => void page.proposals.decideAtCursor('accept')),
    bind('Editing', 'g', 'divide the lesion at the crosshair', () => void page.lesions.divide()),
    bind('Editing', 'u', 'join the lesion to another', () => void page.lesions.join()),
    bind('Editing', 'Shift+Delete Delete', 'delete the chosen lesion on the active picture', () => page.lesions.delete()),
  ]
}

/** @param {CasePage} page @returns {Binding[]} */
function views(page) {
  const { panes } = page
  return [
    bind('View', 's', 'hide or show all marks', () => page.toggleHidden('*')),
    bind('View', 'l', 'hide or show the names of discs', () => page.toggleHidden('discs')),
    bind('View', 'a', 'marks fainter', () => page.opacityBy(-0.1)),
    bind('View', 'd', 'marks stronger', () => page.opacityBy(0.1)),
    bind('View', 'o', 'outlines only', () => page.toggle('outline')),
    bind('View', 'p', 'hide or show proposals', () => page.toggle('proposals')),
    ...[1, 2, 3, 4].map(n => bind('View', `F${n}`, ['all sequences', 'sagittal pair', 'axial', 'one picture'][n - 1], () => void panes.arrange(n))),
    ...[1, 2, 3, 4, 5].map(n => bind('View', `Alt+${n}`, `window: ${['as it came', 'dark tissue', 'cord', 'wide', 'bright tissue'][n - 1]}`, () => panes.preset(n))),
    bind('View', 'j', 'the session before, beside this one', () => void page.comparePrior()),
    bind('View', 'x', 'whole pictures, first windows', () => panes.reset()),
    bind('View', 'Ctrl++ Ctrl+=', 'closer', () => panes.active?.zoom(1.15)),
    bind('View', 'Ctrl+-', 'farther', () => panes.active?.zoom(1 / 1.15)),
  ]
}

/** @param {CasePage} page @returns {Binding[]} */
function panels(page) {
  return [
    bind('Page', ',', 'previous panel', () => page.sidebar.step(-1)),
    bind('Page', '.', 'next panel', () => page.sidebar.step(1)),
    bind('Page', 'm', 'to the panel', () => page.sidebar.focus()),
    bind('Page', '? Shift+? h', 'keys', () => page.help()),
    { ...bind('Page', 'Escape', 'back to the pictures', () => page.escape()), typing: true },
  ]
}
