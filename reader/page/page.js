/**
 * The page of one case: holds its parts together and does what keys and buttons ask for.
 *
 * @typedef {import('./findings.js').Item} Item
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./tools.js').Place} Place
 */

import { requestFile, requestJson } from './api.js'
import { bindings } from './bindings.js'
import { ask, askName, askText, asking, showHelp } from './dialogs.js'
import { find, make, words } from './dom.js'
import { answersOf } from './findings.js'
import { LevelAxis, LevelStrip, extents, levelName } from './levels.js'
import { markedPlaces } from './masks.js'
import { Panes } from './panes.js'
import { isLesionRegion } from './reading.js'
import { Saver } from './saving.js'
import { Sidebar } from './sidebar.js'
import { TOOLS, Tools } from './tools.js'

const ACTIVITY_MS = 15_000
const SAID_MS = 6000
const SAVED = { saved: 'saved', unsaved: 'not saved yet', saving: 'saving …', conflict: 'two versions', failed: 'NOT saved' }

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
    /** @type {string[]} */
    this.discNames = vocabulary.discs
    this.saver = new Saver(reading)
    this.tools = new Tools(reading, this.saver, {
      say: (text, bad) => this.say(text, bad),
      nameDisc: place => void this.nameDisc(place),
      dabbed: (series, places) => this.panes.dabbed(series, places),
    })
    this.panes = new Panes(reading, this.tools, this.regions)
    this.strip = new LevelStrip(find('#levels'), vocabulary.vertebrae)
    this.sidebar = new Sidebar(this)
    this.axis = new LevelAxis(reading.info.centreline, reading.discs.points, this.discNames)
    this.previousTool = 'brush'
    this.sayTimer = 0
    this.abort = new AbortController()
    this.bindings = bindings(this)
    this.seconds = 0
    this.activeAt = performance.now()
  }

  /** Show the case. */
  async start() {
    const { reading } = this
    this.#toolbar()
    this.#listen()
    this.#header()
    this.sidebar.draw()
    // the crosshair is in the cord as soon as there is a picture
    this.panes.addEventListener('first', () => this.#startCursor(), { once: true })
    await this.panes.arrange(1)
    this.#levels()
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
    }
    await this.#activity()
    this.abort.abort()
    return true
  }

  /** The crosshair begins in the middle of the cord, where the reading begins. */
  #startCursor() {
    const { reading } = this
    const shown = this.panes.visible[0]?.shown
    if (!shown) return
    const middle = reading.info.centreline[Math.floor(reading.info.centreline.length / 2)]
    const { grid } = shown.series
    /** @type {Vector} */
    const centre = [(grid.shape[0] - 1) / 2, (grid.shape[1] - 1) / 2, (grid.shape[2] - 1) / 2]
    const onAxis = middle ? /** @type {Vector} */ ([middle[0], middle[1], middle[2]]) : null
    reading.setCursor(onAxis && grid.voxelAt(onAxis) ? onAxis : grid.world(centre), shown.series)
  }

  #listen() {
    const { reading, saver } = this
    const { signal } = this.abort
    const on = (/** @type {EventTarget} */ from, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      from.addEventListener(name, act, { signal })
    on(reading, 'cursor', () => this.#cursorMoved())
    on(reading, 'marks', () => this.#levels())
    on(reading, 'discs', () => this.#levels())
    on(reading, 'choice', () => this.#toolbar())
    on(reading, 'lock', () => this.#header())
    on(reading.history, 'change', () => this.#counts())
    on(saver, 'change', () => this.#saved())
    on(saver, 'conflict', event => void this.#conflict(event.detail.key))
    on(window, 'beforeunload', event => {
      if (saver.state !== 'saved') event.preventDefault()
    })
    on(window, 'pagehide', () => void saver.flush())
    for (const name of ['pointerdown', 'keydown', 'wheel']) on(window, name, () => this.#worked())
    const timer = window.setInterval(() => void this.#activity(), ACTIVITY_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  // ------------------------------------------------------------------------------------------------ what is said

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    const said = find('#said')
    said.textContent = text
    said.classList.toggle('bad', bad)
    clearTimeout(this.sayTimer)
    this.sayTimer = window.setTimeout(() => (said.textContent = ''), SAID_MS)
  }

  #header() {
    const { reading, session } = this
    const { participant, read_number } = reading.info
    find('#case').textContent = `${participant} · ${reading.info.session}`
    find('#who').textContent = `reader ${session.reader}${session.protocol?.blinded ? ` · blinded read ${read_number ?? 1}` : ''}`
    find('#state').textContent = reading.locked ? 'signed, locked' : words(reading.info.state)
    document.body.classList.toggle('locked', reading.locked)
    const warnings = reading.info.warnings ?? []
    find('#warnings').replaceChildren(...warnings.slice(0, 4).map(warning =>
      make('span', { class: 'chip warn', text: words(warning.code), title: warning.message })))
  }

  #saved() {
    const { state, failure } = this.saver
    const saved = find('#saved')
    saved.textContent = SAVED[state] + (state === 'failed' ? `: ${failure}` : '')
    saved.dataset.state = state
  }

  #counts() {
    const { undo, redo } = this.reading.history.counts
    find('#counts').textContent = `undo ${undo} · redo ${redo}`
  }

  #cursorMoved() {
    const { reading } = this
    const [x, y, z] = reading.cursor.point
    const level = this.axis.level(reading.cursor.point)
    const place = level === null ? 'level –' : levelName(level, this.vocabulary.vertebrae)
    find('#where').textContent = `${Math.abs(x).toFixed(1)} ${x < 0 ? 'R' : 'L'}  ${Math.abs(y).toFixed(1)} ${y < 0 ? 'A' : 'P'}  ${Math.abs(z).toFixed(1)} ${z < 0 ? 'I' : 'S'} mm`
    find('#values').textContent = this.panes.values
    find('#level').textContent = place
    find('#where').dataset.lps = [x, y, z].map(value => value.toFixed(3)).join(' ')
    this.#strip(level)
  }

  #levels() {
    const { reading } = this
    this.axis = new LevelAxis(reading.info.centreline, reading.discs.points, this.discNames)
    this.#cursorMoved()
  }

  /** @param {number | null} cursor */
  #strip(cursor) {
    const { reading, axis } = this
    const lowest = axis.marks[0]?.v ?? 0
    const highest = axis.marks[axis.marks.length - 1]?.v ?? 0
    const known = new Set(this.vocabulary.vertebrae.filter((/** @type {string} */ _, /** @type {number} */ n) => n + 1 >= lowest && n + 2 <= highest))
    const bars = ['t2hyper', 'enhancing'].map(region => ({
      region: region === 'enhancing' ? 'enhancing lesion' : 'T2 hyperintensity of lesion',
      colour: this.regions.find(entry => entry.region === region)?.colour ?? '#fff',
      extents: extents(reading, axis, region),
    }))
    this.strip.draw({ known, bars, cursor, chosen: reading.choice.lesion })
  }

  #toolbar() {
    const { choice } = this.reading
    const tool = (/** @type {{name: string, key: string, title: string}} */ { name, key, title }) =>
      make('button', { type: 'button', 'aria-pressed': String(choice.tool === name), 'data-tool': name, onclick: () => this.useTool(name) }, [title, make('kbd', { text: key })])
    const option = (/** @type {string} */ text, /** @type {string} */ key, /** @type {boolean} */ on, /** @type {() => void} */ act) =>
      make('button', { type: 'button', 'aria-pressed': String(on), onclick: act }, [text, make('kbd', { text: key })])
    const region = this.regions.find(entry => entry.region === choice.region)
    const swatch = make('span', { class: 'swatch' })
    swatch.style.background = region?.colour ?? ''
    find('#tools').replaceChildren(
      ...TOOLS.map(tool),
      make('i'),
      make('span', { class: 'drawing', title: 'what a stroke draws' }, [swatch, `${words(choice.region)}${isLesionRegion(choice.region) ? ` ${choice.lesion}` : ''}`]),
      make('span', { text: `brush ${choice.brush_mm} mm` }),
      option(choice.ball ? 'ball' : 'one slice', 'B', choice.ball, () => this.reading.choose({ ball: !choice.ball })),
      option('in cord only', 'I', choice.insideCord, () => this.reading.choose({ insideCord: !choice.insideCord })),
      option('fill', 'F', false, () => void this.fillBetween()),
      make('i'),
      option('undo', 'Z', false, () => this.undo()),
      option('redo', 'Y', false, () => this.redo()),
    )
  }

  // ------------------------------------------------------------------------------------------------ tools

  /** @param {string} name */
  useTool(name) {
    const { tool } = this.reading.choice
    if (tool !== name) this.previousTool = tool
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

  /** @param {number} way */
  stepLesion(way) {
    const labels = [...this.reading.lesionLabels, this.reading.nextLesion]
    const at = Math.max(0, labels.indexOf(this.reading.choice.lesion))
    this.reading.choose({ lesion: labels[(at + way + labels.length) % labels.length] })
  }

  /** @param {number} lesion */
  chooseLesion(lesion) {
    this.reading.choose({ lesion })
    for (const mask of this.reading.masks.values()) {
      if (isLesionRegion(mask.region) && this.#centreOn(mask, lesion)) return
    }
  }

  /** @param {import('./masks.js').Mask} mask @param {number} label @returns {boolean} */
  #centreOn(mask, label) {
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

  /** Take the chosen lesion off the active picture. */
  deleteLesion() {
    const series = this.panes.active?.series
    const { region, lesion } = this.reading.choice
    const mask = series && this.reading.masks.get(`${region}/${series.id}`)
    if (!mask || this.reading.locked || !isLesionRegion(region)) return
    const places = [...mask.places].filter(place => mask.labels[place] === lesion)
    this.reading.record(mask, mask.set(places, 0), `delete lesion ${lesion}`)
  }

  /** Fill between the slices on which the chosen structure is drawn, on the server. */
  async fillBetween() {
    const series = this.panes.active?.series
    const { region, lesion } = this.reading.choice
    const mask = series && this.reading.masks.get(`${region}/${series.id}`)
    if (!series || !mask || this.reading.locked) return
    const label = isLesionRegion(region) ? lesion : 1
    await this.#try(async () => {
      if (!(await this.saver.flush())) throw new Error(this.saver.failure || 'save first')
      const axis = this.panes.active?.viewer?.sliceAxis ?? 0
      const found = await requestJson(`cases/${this.reading.id}/fill`, { method: 'POST', json: { region, series: series.id, label, axis } })
      const places = (await markedPlaces(found, series.grid)).filter(place => !mask.labels[place])
      this.reading.record(mask, mask.set(places, label), 'fill between')
      this.say(`${places.length} voxels filled`)
    })
  }

  /** Do something that the server may refuse; the reader reads why. @param {() => Promise<void>} act */
  async #try(act) {
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
  }

  /** @param {number} by */
  opacityBy(by) {
    const { display } = this.reading
    display.opacity = Math.min(1, Math.max(0.01, display.opacity + by))
    this.panes.repaint()
  }

  toggleOutline() {
    this.reading.display.outline = !this.reading.display.outline
    this.panes.repaint()
  }

  toggleProposals() {
    this.reading.display.proposals = !this.reading.display.proposals
    this.panes.repaint()
  }

  help() {
    if (!asking()) void showHelp(this.bindings)
  }

  escape() {
    this.panes.active?.figure.focus()
  }

  // ------------------------------------------------------------------------------------------------ proposals

  /** @returns {{region: string, series: string, label: number}[]} proposed lesions nobody has decided on */
  get openProposals() {
    const { reading } = this
    return [...reading.proposals.values()]
      .filter(mask => isLesionRegion(mask.region))
      .flatMap(mask => mask.present.filter(label => !reading.isDecided(mask, label)).map(label => ({ region: mask.region, series: mask.series, label })))
  }

  /** @param {string} region @param {string} series @param {number} label */
  showProposal(region, series, label) {
    const mask = this.reading.proposals.get(`${region}/${series}`)
    if (mask) this.#centreOn(mask, label)
  }

  /** @param {'accept' | 'reject'} decision */
  async decideAtCursor(decision) {
    const { reading } = this
    for (const { region, series, label } of this.openProposals) {
      const place = reading.series.get(series)
      const point = place && reading.cursorIn(place)
      const voxel = point && place.grid.voxelAt(point)
      const mask = reading.proposals.get(`${region}/${series}`)
      if (voxel && mask?.labels[place.grid.index(voxel)] === label) {
        await this.decide(region, series, label, decision)
        return
      }
    }
    this.say('No proposed lesion lies at the crosshair.')
  }

  /** @param {string} region @param {string} series @param {number} label @param {'accept' | 'reject'} decision */
  async decide(region, series, label, decision) {
    const { reading } = this
    await this.#try(async () => {
      if (!(await this.saver.flush())) throw new Error(this.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/candidates`, { method: 'POST', json: { decision, region, series, label } })
      if (decision === 'reject') reading.rejected.add(`${region}/${series}/${label}`)
      const place = reading.series.get(series)
      if (decision === 'accept' && place) {
        const { labels, etag } = await reading.fetchLabels(region, series)
        const mask = reading.ownMask(region, place)
        const change = mask.replace(labels)
        mask.etag = etag
        this.saver.settled(mask.key)
        reading.record(mask, change, `accept lesion ${label}`)
        this.saver.settled(mask.key)
        reading.choose({ region, lesion: said.label ?? label })
      }
      reading.setNumbers(said.numbers)
      reading.tell('marks', series)
      this.say(`proposed lesion ${label}: ${decision}ed`)
    })
  }

  /** @param {string} what @returns {boolean} whether the reader has confirmed it */
  approved(what) {
    return this.reading.findings.approvals.some(approval => approval.what === what)
  }

  /** @param {'cord' | 'discs'} what */
  async approve(what) {
    const { reading } = this
    if (reading.locked) return
    await this.#try(async () => {
      const edited = what === 'discs' ? reading.discs.from !== 'auto' : [...reading.masks.values()].some(mask => mask.region === 'cord')
      if (!(await this.saver.flush())) throw new Error(this.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/approve`, { method: 'POST', json: { what, edited } })
      await this.#takenOver()
      reading.setNumbers(said.numbers)
      this.sidebar.soon()
      this.say(`${what === 'discs' ? 'levels' : what} confirmed`)
    })
  }

  /** Fetch what the server has made the reader's own: the findings with the approval, discs, and masks as they were proposed. */
  async #takenOver() {
    const { reading, saver } = this
    const info = await requestJson(`cases/${reading.id}`)
    reading.info.structures = info.structures
    await Promise.all(['findings', 'discs'].map(key => this.#reload(key)))
    for (const { region, series, from } of info.structures) {
      const place = reading.series.get(series)
      if (from !== 'author' || reading.masks.has(`${region}/${series}`) || !place) continue
      const { labels, etag } = await reading.fetchLabels(region, series)
      reading.ownMask(region, place).take(labels, etag)
      saver.settled(`${region}/${series}`)
      reading.tell('marks', series)
    }
    for (const key of ['findings', 'discs']) saver.settled(key)
  }

  // ------------------------------------------------------------------------------------------------ levels

  /** @returns {string[]} what a level may be called in the form */
  get levelNames() {
    return [...this.vocabulary.vertebrae, ...this.discNames]
  }

  /** @param {Place} place */
  async nameDisc(place) {
    const name = await askName('Which disc is this?', this.discNames, this.#likelyDisc(place.point))
    if (!name) return
    const { reading } = this
    await this.#try(async () => {
      const others = reading.discs.from === 'auto' ? {} : reading.discs.points
      const said = await requestJson(`cases/${reading.id}/discs/propose`, { method: 'POST', json: { points: { ...others, [name]: place.point } } })
      reading.discs.from = ''
      reading.setDiscs({ ...said.points, ...others, [name]: place.point }, `name ${name}`)
      const flags = (said.flags ?? []).map(words).join(', ')
      this.say(`${Object.keys(said.points).length} discs from ${name}${flags ? ` — ${flags}` : ''}`, Boolean(flags))
    })
    this.panes.active?.figure.focus()
  }

  /** @param {Vector} point @returns {string} the disc that the levels so far make likely */
  #likelyDisc(point) {
    const level = this.axis.level(point)
    return level === null ? 'C2-C3' : (this.discNames[Math.round(level) - 1] ?? 'C2-C3')
  }

  async editLevels() {
    const answer = await ask({
      title: 'Vertebral levels',
      body: ['Press 8 and click a disc to name it; drag a disc to correct it.'],
      answers: [
        { value: 'up', text: 'All names one level up' },
        { value: 'down', text: 'All names one level down' },
        { value: 'T13', text: 'There is a T13' },
        { value: 'L6', text: 'There is an L6' },
        { value: 'clear', text: 'Remove all' },
        { value: '', text: 'Cancel', primary: true },
      ],
    })
    const { reading } = this
    const { points } = reading.discs
    await this.#try(async () => {
      if (answer === 'clear') reading.setDiscs({}, 'remove all discs')
      else if (answer === 'up' || answer === 'down') {
        const said = await requestJson(`cases/${reading.id}/discs/shift`, { method: 'POST', json: { points, by: answer === 'up' ? -1 : 1 } })
        reading.discs.from = ''
        reading.setDiscs(said.points, `names one level ${answer}`)
      } else if (answer) {
        const said = await requestJson(`cases/${reading.id}/discs/insert`, { method: 'POST', json: { points, variant: answer, at: answer === 'T13' ? 'T12-T13' : 'L5-L6' } })
        reading.discs.from = ''
        reading.setDiscs(said.points, `insert ${answer}`)
      }
    })
  }

  // ------------------------------------------------------------------------------------------------ numbers, findings

  async refreshNumbers() {
    await this.#try(async () => this.reading.setNumbers(await requestJson(`cases/${this.reading.id}/numbers`)))
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

  // ------------------------------------------------------------------------------------------------ signing

  async askToSign() {
    const { reading } = this
    if (reading.locked || asking()) return
    const answer = await ask({
      title: 'Sign this read?',
      body: [`${reading.lesionLabels.length} lesions are marked. Signing locks the read; what is measured from it is no longer called unread.`],
      answers: [{ value: 'sign', text: 'Sign and lock', primary: true }, { value: '', text: 'Not yet' }],
    })
    if (answer !== 'sign') return
    await this.#activity()
    await this.#try(async () => {
      if (!(await this.saver.flush())) throw new Error(this.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/sign`, { method: 'POST', json: {}, etag: reading.findingsEtag || '"none"' })
      if (said.etag) reading.findingsEtag = said.etag
      reading.setState(true, said.state)
      this.say('signed')
    })
  }

  async unlock() {
    const reason = await askText('Unlock the read', 'Why is it opened again?')
    if (!reason) return
    await this.#try(async () => {
      const said = await requestJson(`cases/${this.reading.id}/unlock`, { method: 'POST', json: { reason } })
      if (said.etag) this.reading.findingsEtag = said.etag
      this.reading.setState(false, said.state)
    })
  }

  // ------------------------------------------------------------------------------------------------ conflict, activity

  /** @param {string} key */
  async #conflict(key) {
    const answer = await ask({
      title: `Two versions of ${words(key.split('/')[0])}`,
      body: ['It was saved elsewhere since you opened it — in another tab or by another program. Both versions are kept in the study; which one goes on?'],
      answers: [{ value: 'theirs', text: 'Take the other one', primary: true }, { value: 'mine', text: 'Go on with mine' }],
    })
    await this.#try(() => this.saver.settle(key, answer === 'mine' ? 'mine' : 'theirs', () => this.#reload(key)))
  }

  /** @param {string} key */
  async #reload(key) {
    const { reading } = this
    const mask = reading.masks.get(key)
    if (mask) {
      const { labels, etag } = await reading.fetchLabels(mask.region, mask.series)
      mask.take(labels, etag)
      reading.tell('marks', mask.series)
      return
    }
    const { bytes, etag } = await requestFile(`cases/${reading.id}/${key}`)
    const body = JSON.parse(new TextDecoder().decode(bytes))
    if (key === 'discs') {
      reading.discs.points = body.points
      reading.discs.etag = etag
      reading.discs.from = body.from ?? ''
      reading.tell('discs')
    } else {
      reading.findings = body
      reading.findingsEtag = etag
      reading.tell('findings')
    }
  }

  /** Time counts while somebody works: a pause of more than half a minute does not. */
  #worked() {
    const now = performance.now()
    const passed = (now - this.activeAt) / 1000
    this.activeAt = now
    if (passed < 30) this.seconds += passed
  }

  async #activity() {
    const seconds = Math.round(this.seconds)
    if (!seconds) return
    this.seconds -= seconds
    const series = this.panes.visible.flatMap(pane => pane.series?.id ?? [])
    await requestJson(`cases/${this.reading.id}/activity`, { method: 'POST', json: { seconds, series, event: 'active' } }).catch(() => {
      this.seconds += seconds
    })
  }
}
