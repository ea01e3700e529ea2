/**
 * The states of a read: signed, opened again, two versions settled, and the time at work.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { fetchJson, requestJson } from './api.js'
import { ask, askText, asking } from './dialogs.js'
import { make } from './dom.js'
import { open } from './findings.js'
import { USUAL } from './levels.js'
import { counted, words } from './wording.js'


const ACTIVITY_MS = 15_000
/** A pause longer than this is no work. */
const PAUSE_S = 30

export class Signing {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
    this.seconds = 0
    this.activeAt = performance.now()
  }

  /** Count the time at work. @param {AbortSignal} signal ends it */
  listen(signal) {
    for (const name of ['pointerdown', 'keydown', 'wheel']) window.addEventListener(name, () => this.#worked(), { signal })
    const timer = window.setInterval(() => void this.activity(), ACTIVITY_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  /** @returns {string[]} what does not go together in the read, and may still be meant */
  get #doubts() {
    const { reading, page } = this
    const said = reading.findings.patient.n_lesions?.value
    const marked = reading.lesionLabels.length
    const left = page.proposals.open.length
    return [
      typeof said === 'number' && said !== marked ? `The number of lesions is ${said}, but ${marked} are marked.` : '',
      left ? `${counted(left, 'proposed lesion')} neither accepted nor rejected.` : '',
      page.proposals.approved('cord') ? '' : 'The cord is not confirmed.',
      page.proposals.approved('discs') ? '' : 'The levels are not confirmed.',
    ].filter(Boolean)
  }

  async askToSign() {
    const { reading } = this
    if (reading.locked || asking()) return
    const left = open(reading.findings, this.page.required, reading.lesionLabels)
    if (left.length) {
      this.page.sidebar.show('sign')
      this.page.say(`${counted(left.length, 'item')} not answered yet; the list leads to each of them`, true)
      return
    }
    const answer = await ask({
      title: 'Sign this read?',
      body: [
        `Marked: ${counted(reading.lesionLabels.length, 'lesion')}. Signing locks the read; what is measured from it is no longer called unread.`,
        ...this.#doubts.map(text => make('p', { class: 'doubt', text })),
      ],
      answers: [{ value: 'sign', text: 'Sign and lock', primary: !this.#doubts.length }, { value: '', text: 'Not yet' }],
    })
    if (answer !== 'sign') return
    await this.activity()
    await this.page.attempt(async () => {
      if (!(await this.page.saver.flush())) throw new Error(this.page.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/sign`, { method: 'POST', json: {}, etag: reading.findingsEtag || '"none"' })
      if (said.etag) reading.findingsEtag = said.etag
      reading.setState(true, said.state)
      this.page.say('signed')
    })
  }

  async unlock() {
    const reason = await askText('Unlock the read', 'Why is it opened again?')
    if (!reason) return
    await this.page.attempt(async () => {
      const said = await requestJson(`cases/${this.reading.id}/unlock`, { method: 'POST', json: { reason } })
      if (said.etag) this.reading.findingsEtag = said.etag
      this.reading.setState(false, said.state)
    })
  }


  /** @param {string} key */
  async conflict(key) {
    if (asking()) return
    const [what, id] = key.split('/')
    const series = this.reading.series.get(id ?? '')?.info.name
    const answer = await ask({
      title: `Two versions of ${words(what)}${series ? ` on ${series}` : ''}`,
      body: ['It was saved elsewhere since you opened it — in another tab or by another program. Both versions are kept in the study; which one goes on? Escape leaves the question open: nothing of it is saved until you say.'],
      answers: [{ value: 'mine', text: 'Go on with mine' }, { value: 'theirs', text: 'Take the other one' }],
    })
    if (answer !== 'mine' && answer !== 'theirs') return
    await this.page.attempt(() => this.page.saver.settle(key, answer, () => this.reload(key)))
  }

  /** @param {string} key */
  async reload(key) {
    const { reading } = this
    const mask = reading.masks.get(key)
    if (mask) {
      const { labels, etag } = await reading.fetchLabels(mask.region, mask.series)
      mask.take(labels, etag)
      reading.tell('marks', mask.series)
      return
    }
    const { body, etag } = await fetchJson(`cases/${reading.id}/${key}`)
    if (key === 'discs') {
      reading.discs.points = body.points
      reading.discs.etag = etag
      reading.discs.from = body.from ?? ''
      reading.discs.scheme = body.scheme ?? USUAL
      reading.tell('discs')
    } else {
      reading.findings = body
      reading.findingsEtag = etag
      reading.tell('findings')
    }
  }

  /** Add the time since the last key or click, unless it was a pause. */
  #worked() {
    const now = performance.now()
    const passed = (now - this.activeAt) / 1000
    this.activeAt = now
    if (passed < PAUSE_S) this.seconds += passed
  }

  async activity() {
    const seconds = Math.round(this.seconds)
    if (!seconds) return
    this.seconds -= seconds
    const series = this.page.panes.visible.flatMap(pane => pane.series?.id ?? [])
    await requestJson(`cases/${this.reading.id}/activity`, { method: 'POST', json: { seconds, series, event: 'active' } }).catch(() => {
      this.seconds += seconds
    })
  }
}
