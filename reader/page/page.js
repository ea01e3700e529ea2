/**
 * The page of one case: holds its parts together and does what keys and buttons ask for.
 *
 * @typedef {import('./findings.js').Item} Item
 * @typedef {import('./geometry.js').Vector} Vector
 */

import { requestJson } from './api.js'
import { bindings } from './bindings.js'
import { ask, asking, showHelp } from './dialogs.js'
import { Drafts } from './drafts.js'
import { answersOf } from './findings.js'
import { namesOf } from './levels.js'
import { KeyImages } from './keyimages.js'
import { Lesions } from './lesions.js'
import { Naming } from './naming.js'
import { Others } from './others.js'
import { Panes } from './panes.js'
import { Prior } from './prior.js'
import { Proposals } from './proposals.js'
import { Saver } from './saving.js'
import { Sidebar } from './sidebar.js'
import { Signing } from './signing.js'
import { Status } from './status.js'
import { Tools } from './tools.js'

export class CasePage {
  /**
   * @param {import('./reading.js').Reading} reading
   * @param {any} session
   * @param {any} vocabulary
   */
  constructor(reading, session, vocabulary) {
    this.reading = reading
    this.session = session
    this.vocabulary = vocabulary
    /** @type {Item[]} */
    this.items = vocabulary.items
    /** @type {Item[]} items without which a read cannot be signed */
    this.required = this.items.filter(item => (reading.info.prior ? item.required_in_follow_up : item.required))
    /** @type {import('./composite.js').RegionInfo[]} */
    this.regions = vocabulary.regions
    this.saver = new Saver(reading)
    this.drafts = new Drafts(reading, this.saver, session)
    this.tools = new Tools(reading, this.saver, {
      say: (text, bad) => this.say(text, bad),
      nameDisc: place => void this.naming.nameDisc(place),
      dabbed: (series, places) => this.panes.dabbed(series, places),
    })
    this.panes = new Panes(reading, this.tools, this.regions)
    this.status = new Status(this)
    this.proposals = new Proposals(this)
    this.naming = new Naming(this)
    this.signing = new Signing(this)
    this.keyImages = new KeyImages(this)
    this.lesions = new Lesions(this)
    this.others = new Others(this)
    this.sidebar = new Sidebar(this)
    this.previousTool = 'brush'
    this.abort = new AbortController()
    this.bindings = bindings(this)
  }

  /** Show the case. */
  async start() {
    const { reading } = this
    this.#listen()
    this.sidebar.draw()
    // the crosshair is in the cord as soon as there is a picture
    this.panes.addEventListener('first', () => this.#startCursor(), { once: true })
    await this.panes.arrange(1)
    // lesions on series that do not hang count too
    await Promise.all([...reading.series.values()].map(series => this.panes.masksOf(series)))
    this.sidebar.soon()
    this.status.levels()
    void this.refreshNumbers()
    reading.tell('cursor')
  }

  /** Stop listening, once all is saved. @returns {Promise<boolean>} whether the case may be left */
  async leave() {
    const saved = await this.saver.flush()
    if (!saved) {
      const answer = await ask({
        title: 'Not everything is saved',
        body: [this.saver.failure || 'Two versions of a mark wait for your word.'],
        answers: [{ value: '', text: 'Stay', primary: true }, { value: 'leave', text: 'Leave and lose what is not saved' }],
      })
      if (answer !== 'leave') return false
      this.saver.stop()
    }
    await this.signing.activity()
    this.abort.abort()
    if (!saved) this.drafts.forgetAll()
    this.panes.dispose()
    return true
  }

  /** The crosshair begins in the middle of the cord, where the reading begins. */
  #startCursor() {
    const { reading } = this
    const shown = this.panes.visible[0]?.shown
    if (!shown) return
    const { grid } = shown.series
    /** @type {Vector} */
    const centre = [(grid.shape[0] - 1) / 2, (grid.shape[1] - 1) / 2, (grid.shape[2] - 1) / 2]
    reading.setCursor(this.#mostSeen(shown.series) ?? grid.world(centre), shown.series)
  }

  /** @param {import('./reading.js').Series} first @returns {Vector | null} a point of the cord that most series show */
  #mostSeen(first) {
    const { info, series } = this.reading
    const points = info.centreline.map(([x, y, z]) => /** @type {Vector} */ ([x, y, z])).filter(point => first.grid.voxelAt(point))
    const seen = points.map(point => [...series.values()].filter(one => one.grid.voxelAt(point)).length)
    const most = Math.max(...seen)
    const best = points.filter((_, n) => seen[n] === most)
    return best[Math.floor(best.length / 2)] ?? null
  }

  #listen() {
    const { saver } = this
    const { signal } = this.abort
    this.status.listen(signal)
    this.signing.listen(signal)
    this.drafts.listen(signal)
    saver.addEventListener('conflict', event => {
      if (event instanceof CustomEvent) void this.signing.conflict(event.detail.key)
    }, { signal })
    window.addEventListener('beforeunload', event => {
      if (saver.state !== 'saved') event.preventDefault()
    }, { signal })
    // a tab that is hidden may be closed without another word
    document.addEventListener('visibilitychange', () => void (document.hidden && saver.flush()), { signal })
    window.addEventListener('pagehide', () => {
      saver.closing = true
      void saver.flush()
    }, { signal })
  }

  /** Names of the vertebrae and discs of this spine, which may have a T13 or an L6. */
  get names() {
    return namesOf(this.reading.discs.scheme)
  }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    this.status.say(text, bad)
  }

  // ------------------------------------------------------------------------------------------------ tools

  /** @param {string} name */
  useTool(name) {
    const { tool } = this.reading.choice
    if (tool !== name) this.previousTool = tool
    if (name !== 'measure') this.tools.ruler = null
    this.reading.choose({ tool: name })
  }

  lastTool() {
    this.useTool(this.previousTool)
  }

  /** @param {boolean} not whether the point does not belong to the lesion */
  applyAtCursor(not) {
    const place = this.panes.active?.cursorPlace
    if (place) this.tools.apply({ ...place, alt: not })
  }

  nextPane() {
    const { visible, active } = this.panes
    visible[(visible.indexOf(/** @type {any} */ (active)) + 1) % visible.length]?.figure.focus()
  }

  nextRegion() {
    const names = this.regions.map(entry => entry.region)
    this.reading.choose({ region: names[(names.indexOf(this.reading.choice.region) + 1) % names.length] })
  }

  /** @param {import('./masks.js').Mask} mask @param {number} label @returns {boolean} */
  centreOn(mask, label) {
    const series = this.reading.series.get(mask.series)
    const places = [...mask.places].filter(place => mask.labels[place] === label)
    if (!series || !places.length) return false
    const points = places.map(place => series.grid.world(series.grid.voxelOf(place)))
    const mean = [0, 1, 2].map(axis => points.reduce((sum, point) => sum + point[axis], 0) / points.length)
    this.reading.setCursor([mean[0], mean[1], mean[2]], series)
    return true
  }

  undo() {
    if (this.reading.locked) return
    const name = this.reading.history.undo()
    this.say(name ? `undone: ${name}` : 'nothing to undo')
  }

  redo() {
    if (this.reading.locked) return
    const name = this.reading.history.redo()
    this.say(name ? `done again: ${name}` : 'nothing to redo')
  }

  /** Do something that the server may refuse; the reader reads why. @param {() => Promise<void>} act */
  async attempt(act) {
    try {
      await act()
    } catch (failure) {
      this.say(failure instanceof Error ? failure.message : String(failure), true)
    }
  }

  // ------------------------------------------------------------------------------------------------ display

  /** @param {string} region `*` is all */
  toggleHidden(region) {
    const { hidden } = this.reading.display
    if (!hidden.delete(region)) hidden.add(region)
    this.panes.repaint()
    this.sidebar.soon()
    this.status.toolbar()
  }

  /** @param {number} by */
  opacityBy(by) {
    const { display } = this.reading
    display.opacity = Math.min(1, Math.max(0.01, display.opacity + by))
    this.panes.repaint()
  }

  /** @param {'outline' | 'proposals'} what */
  toggle(what) {
    this.reading.display[what] = !this.reading.display[what]
    this.panes.repaint()
    this.status.toolbar()
  }

  /** Show the session before beside this one. */
  async comparePrior() {
    const { prior } = this.reading.info
    if (!prior) {
      this.say('There is no earlier session of this patient.')
      return
    }
    await this.attempt(async () => this.panes.compare(this.panes.prior ?? (await Prior.open(this, prior))))
  }

  help() {
    if (!asking()) void showHelp(this.bindings)
  }

  escape() {
    this.tools.ruler = null
    this.panes.active?.describe()
    this.panes.active?.figure.focus()
  }

  // ------------------------------------------------------------------------------------------------ numbers, findings

  async refreshNumbers() {
    await this.attempt(async () => this.reading.setNumbers(await requestJson(`cases/${this.reading.id}/numbers`)))
  }

  /** @param {number} lesion */
  numbersOf(lesion) {
    return this.reading.numbers.lesions.find(row => Number(row.lesion_id) === lesion)
  }

  /**
   * What is suggested for an item, where the protocol shows it now.
   *
   * @param {string} of
   * @param {Item} item
   * @returns {import('./findings.js').Value}
   */
  suggestion(of, item) {
    const mode = this.session.protocol?.suggestions ?? 'before'
    if (!item.suggested || mode === 'never') return null
    if (mode === 'after' && (answersOf(this.reading.findings, of)[item.name]?.value ?? null) === null) return null
    const row = of === 'patient' ? this.reading.numbers.patient : this.numbersOf(Number(of))
    const value = row?.[`${item.name}_suggested`] ?? null
    return item.kind === 'codes' && typeof value === 'string' ? value.split(';') : value
  }

  /** @param {string} of @param {Item} item */
  goTo(of, item) {
    if (of !== 'patient') this.reading.choose({ lesion: Number(of) })
    this.sidebar.show(of !== 'patient' ? 'lesions' : item.scope === 'study_sheet' ? 'sheet' : 'patient')
    const row = document.querySelector(`[data-item="${CSS.escape(item.name)}"]`)
    row?.scrollIntoView({ block: 'center' })
    const control = row?.querySelector('button, select, input')
    if (control instanceof HTMLElement) control.focus()
  }
}
