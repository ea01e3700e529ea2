/**
 * What is said around the pictures: whose case, whether it is saved, where the crosshair is, which tool is in the hand.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { find, make, patch } from './dom.js'
import { LevelAxis, LevelStrip, extents, levelName } from './levels.js'
import { isLesionRegion } from './reading.js'
import { TOOLS } from './tools.js'
import { words } from './wording.js'

const SAID_MS = 6000
const SAVED = { saved: 'saved', unsaved: 'not saved yet', saving: 'saving …', conflict: 'two versions', failed: 'NOT saved' }

export class Status {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
    this.strip = new LevelStrip(find('#levels'))
    this.axis = this.#newAxis()
    this.sayTimer = 0
  }

  /** Follow what changes. @param {AbortSignal} signal ends it */
  listen(signal) {
    const { reading, page } = this
    /** @type {[EventTarget, string, () => void][]} */
    const heard = [
      [reading, 'cursor', () => this.moved()],
      [reading, 'marks', () => this.moved()],
      [reading, 'discs', () => this.levels()],
      [reading, 'choice', () => this.toolbar()],
      [reading, 'lock', () => this.header()],
      [reading.history, 'change', () => this.counts()],
      [page.saver, 'change', () => this.saved()],
    ]
    for (const [from, name, act] of heard) from.addEventListener(name, act, { signal })
    find('#saved').addEventListener('click', () => {
      // an open question is asked again
      const [key] = page.saver.conflicts
      if (key) void page.signing.conflict(key)
    }, { signal })
    find('#keep').addEventListener('click', () => void this.keepCopies(), { signal })
    this.toolbar()
    this.header()
  }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    const said = find('#said')
    said.textContent = text
    said.classList.toggle('bad', bad)
    clearTimeout(this.sayTimer)
    this.sayTimer = window.setTimeout(() => (said.textContent = ''), SAID_MS)
  }

  header() {
    const { reading } = this
    const { session } = this.page
    const { participant, read_number } = reading.info
    find('#case').textContent = `${participant} · ${reading.info.session}`
    find('#who').textContent = this.page.others.isConsensus ? 'consensus of the readers' : `reader ${session.reader}${session.protocol?.blinded ? ` · blinded read ${read_number ?? 1}` : ''}`
    find('#state').textContent = reading.locked ? 'signed, locked' : words(reading.info.state)
    document.body.classList.toggle('locked', reading.locked)
    const warnings = reading.info.warnings ?? []
    find('#warnings').replaceChildren(...warnings.slice(0, 4).map(warning =>
      make('span', { class: 'chip warn', text: words(warning.code), title: warning.message })))
  }

  saved() {
    const { state, failure } = this.page.saver
    const saved = find('#saved')
    saved.textContent = SAVED[state] + (state === 'failed' ? `: ${failure}` : '')
    saved.dataset.state = state
    find('#keep').hidden = state !== 'failed'
  }

  /** Hand out what cannot be saved: a file on the reader's disk is better than a mark in a page. */
  async keepCopies() {
    for (const { name, content } of await this.page.saver.copies()) {
      const address = URL.createObjectURL(await new Response(content).blob())
      make('a', { href: address, download: name }).click()
      URL.revokeObjectURL(address)
    }
  }

  counts() {
    const { undo, redo } = this.reading.history.counts
    find('#counts').textContent = `undo ${undo} · redo ${redo}`
  }

  moved() {
    const { reading } = this
    const [x, y, z] = reading.cursor.point
    const level = this.axis.level(reading.cursor.point)
    const place = level === null ? 'level –' : levelName(level, this.page.names.vertebrae)
    find('#where').textContent = `${Math.abs(x).toFixed(1)} ${x < 0 ? 'R' : 'L'}  ${Math.abs(y).toFixed(1)} ${y < 0 ? 'A' : 'P'}  ${Math.abs(z).toFixed(1)} ${z < 0 ? 'I' : 'S'} mm`
    find('#values').textContent = this.page.panes.values
    find('#level').textContent = place
    find('#where').dataset.lps = [x, y, z].map(value => value.toFixed(3)).join(' ')
    this.#strip(level)
  }

  levels() {
    this.axis = this.#newAxis()
    this.moved()
  }

  #newAxis() {
    const { info, discs } = this.reading
    return new LevelAxis(info.centreline, discs.points, this.page.names.discs)
  }

  /** @param {number | null} cursor */
  #strip(cursor) {
    const { reading, axis } = this
    const lowest = axis.marks[0]?.v ?? 0
    const highest = axis.marks[axis.marks.length - 1]?.v ?? 0
    const { vertebrae } = this.page.names
    const known = new Set(vertebrae.filter((_, n) => n + 1 >= lowest && n + 2 <= highest))
    const bars = ['t2hyper', 'enhancing'].map(region => ({
      region: region === 'enhancing' ? 'enhancing lesion' : 'T2 hyperintensity of lesion',
      colour: this.page.regions.find(entry => entry.region === region)?.colour ?? '#fff',
      extents: extents(reading, axis, region),
    }))
    this.strip.draw({ vertebrae, known, bars, cursor, chosen: reading.choice.lesion })
  }

  /** @returns {string[]} what is not shown though it is there: a mark that is hidden may be forgotten */
  #hidden() {
    const { hidden, proposals, outline } = this.reading.display
    const regions = [...hidden].filter(name => name !== '*' && name !== 'discs').map(words)
    return [
      hidden.has('*') ? 'marks hidden (S)' : '',
      hidden.has('discs') ? 'disc names hidden (L)' : '',
      regions.length ? `hidden: ${regions.join(', ')}` : '',
      proposals ? '' : 'proposals hidden (P)',
      outline ? 'outlines only (O)' : '',
    ].filter(Boolean)
  }

  toolbar() {
    const { choice } = this.reading
    const tool = (/** @type {{name: string, key: string, title: string}} */ { name, key, title }) =>
      make('button', { type: 'button', 'aria-pressed': String(choice.tool === name), 'data-tool': name, onclick: () => this.page.useTool(name) }, [title, make('kbd', { text: key })])
    const option = (/** @type {string} */ text, /** @type {string} */ key, /** @type {boolean} */ on, /** @type {() => void} */ act) =>
      make('button', { type: 'button', 'aria-pressed': String(on), onclick: act }, [text, make('kbd', { text: key })])
    const region = this.page.regions.find(entry => entry.region === choice.region)
    const swatch = make('span', { class: 'swatch' })
    swatch.style.background = region?.colour ?? ''
    patch(find('#tools'), [
      ...TOOLS.map(tool),
      make('i'),
      make('span', { class: 'drawing', title: 'what a stroke draws' }, [swatch, `${words(choice.region)}${isLesionRegion(choice.region) ? ` ${choice.lesion}` : ''}`]),
      ...(['brush', 'erase'].includes(choice.tool) ? [make('span', { text: `${choice.brush_mm} mm` })] : []),
      option(choice.ball ? 'ball' : 'one slice', 'B', choice.ball, () => this.reading.choose({ ball: !choice.ball })),
      option('in cord only', 'I', choice.insideCord, () => this.reading.choose({ insideCord: !choice.insideCord })),
      option('fill', 'F', false, () => void this.page.lesions.fill()),
      make('i'),
      ...(this.reading.info.prior ? [option('before', 'J', false, () => void this.page.comparePrior())] : []),
      option('undo', 'Z', false, () => this.page.undo()),
      option('redo', 'Y', false, () => this.page.redo()),
      ...this.#hidden().map(text => make('span', { class: 'chip warn', text })),
    ])
  }
}
