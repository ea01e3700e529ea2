/**
 * What the program proposed: shown, accepted, rejected, confirmed.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { fetchJson, requestJson } from './api.js'
import { isLesionRegion } from './reading.js'

export class Proposals {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
  }

  /** @returns {{region: string, series: string, label: number}[]} proposed lesions nobody has decided on */
  get open() {
    const { reading } = this
    return [...reading.proposals.values()]
      .filter(mask => isLesionRegion(mask.region))
      .flatMap(mask => mask.present.filter(label => !reading.isDecided(mask, label)).map(label => ({ region: mask.region, series: mask.series, label })))
  }

  /** @returns {{region: string, series: string, label: number}[]} those the reader has refused; they can still be taken */
  get refused() {
    return [...this.reading.rejected].map(key => {
      const [region, series, label] = key.split('/')
      return { region, series, label: Number(label) }
    }).filter(({ region, series }) => this.reading.proposals.has(`${region}/${series}`))
  }

  /** @param {string} region @param {string} series @param {number} label */
  show(region, series, label) {
    const mask = this.reading.proposals.get(`${region}/${series}`)
    if (mask) this.page.centreOn(mask, label)
  }

  /** @param {'accept' | 'reject'} decision */
  async decideAtCursor(decision) {
    const { reading } = this
    // the one that is seen: its lesion is often proposed on other series too
    const seen = this.page.panes.active?.series?.id
    const firstSeen = this.open.sort((a, b) => Number(b.series === seen) - Number(a.series === seen))
    for (const { region, series, label } of firstSeen) {
      const place = reading.series.get(series)
      const point = place && reading.cursorIn(place)
      const voxel = point && place.grid.voxelAt(point)
      const mask = reading.proposals.get(`${region}/${series}`)
      if (voxel && mask?.labels[place.grid.index(voxel)] === label) {
        await this.decide(region, series, label, decision)
        return
      }
    }
    this.page.say('No proposed lesion lies at the crosshair.')
  }

  /** @param {string} region @param {string} series @param {number} label @param {'accept' | 'reject'} decision */
  async decide(region, series, label, decision) {
    const { reading } = this
    const { saver } = this.page
    await this.page.attempt(() => saver.exclusively(async () => {
      const said = await requestJson(`cases/${reading.id}/candidates`, { method: 'POST', json: { decision, region, series, label } })
      // the number it has among the reader's: the proposed one may be that of another lesion there
      const taken = said.label ?? label
      if (decision === 'reject') reading.rejected.add(`${region}/${series}/${label}`)
      else reading.rejected.delete(`${region}/${series}/${label}`)
      const place = reading.series.get(series)
      if (decision === 'accept' && place) {
        const { labels, etag } = await reading.fetchLabels(region, series)
        const mask = reading.ownMask(region, place)
        const untouched = saver.isSaved(mask.key)
        // a stroke made meanwhile stays: only the lesion is taken over
        const places = [...labels.keys()].filter(at => labels[at] === taken)
        const change = mask.set(places, taken)
        mask.etag = etag
        reading.record(mask, change, `accept lesion ${taken}`)
        if (untouched) saver.settled(mask.key)
        reading.choose({ region, lesion: taken })
      }
      reading.setNumbers(said.numbers)
      reading.tell('marks', series)
      this.page.say(decision === 'accept' ? `proposed lesion ${label}: accepted as lesion ${taken}` : `proposed lesion ${label}: rejected`)
    }))
  }

  /** @param {string} what @returns {boolean} whether the reader has confirmed it */
  approved(what) {
    return this.reading.findings.approvals.some(approval => approval.what === what)
  }

  /** @param {'cord' | 'discs'} what */
  async approve(what) {
    const { reading } = this
    if (reading.locked) return
    await this.page.attempt(() => this.page.saver.exclusively(async () => {
      const edited = what === 'discs' ? reading.discs.from !== 'auto' : [...reading.masks.values()].some(mask => mask.region === 'cord' && mask.revision > 0)
      const said = await requestJson(`cases/${reading.id}/approve`, { method: 'POST', json: { what, edited } })
      await this.#takenOver()
      reading.setNumbers(said.numbers)
      this.page.sidebar.soon()
      this.page.say(`${what === 'discs' ? 'levels' : what} confirmed`)
    }))
  }

  /** Fetch what the server has made the reader's own: the findings with the approval, discs, and masks as they were proposed. */
  async #takenOver() {
    const { reading } = this
    const { saver } = this.page
    const discs = reading.discs.revision
    const info = await requestJson(`cases/${reading.id}`)
    reading.info.structures = info.structures
    const { body, etag } = await fetchJson(`cases/${reading.id}/findings`)
    // what was answered meanwhile stays; the word just given is the server's to record
    reading.findings = { ...reading.findings, approvals: body.approvals }
    reading.findingsEtag = etag
    if (reading.discs.revision === discs) {
      await this.page.signing.reload('discs')
      saver.settled('discs')
    }
    for (const { region, series, from } of info.structures) {
      const place = reading.series.get(series)
      if (from !== 'author' || reading.masks.has(`${region}/${series}`) || !place) continue
      const { labels, etag } = await reading.fetchLabels(region, series)
      reading.ownMask(region, place).take(labels, etag)
      saver.settled(`${region}/${series}`)
      reading.tell('marks', series)
    }
    reading.tell('findings')
  }
}
