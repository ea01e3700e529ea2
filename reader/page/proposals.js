/**
 * What the program proposed: shown, accepted, rejected, confirmed.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { requestJson } from './api.js'
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

  /** @param {string} region @param {string} series @param {number} label */
  show(region, series, label) {
    const mask = this.reading.proposals.get(`${region}/${series}`)
    if (mask) this.page.centreOn(mask, label)
  }

  /** @param {'accept' | 'reject'} decision */
  async decideAtCursor(decision) {
    const { reading } = this
    for (const { region, series, label } of this.open) {
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
    await this.page.attempt(async () => {
      if (!(await this.page.saver.flush())) throw new Error(this.page.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/candidates`, { method: 'POST', json: { decision, region, series, label } })
      if (decision === 'reject') reading.rejected.add(`${region}/${series}/${label}`)
      const place = reading.series.get(series)
      if (decision === 'accept' && place) {
        const { labels, etag } = await reading.fetchLabels(region, series)
        const mask = reading.ownMask(region, place)
        const change = mask.replace(labels)
        mask.etag = etag
        this.page.saver.settled(mask.key)
        reading.record(mask, change, `accept lesion ${label}`)
        this.page.saver.settled(mask.key)
        reading.choose({ region, lesion: said.label ?? label })
      }
      reading.setNumbers(said.numbers)
      reading.tell('marks', series)
      this.page.say(`proposed lesion ${label}: ${decision}ed`)
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
    await this.page.attempt(async () => {
      const edited = what === 'discs' ? reading.discs.from !== 'auto' : [...reading.masks.values()].some(mask => mask.region === 'cord')
      if (!(await this.page.saver.flush())) throw new Error(this.page.saver.failure || 'save first')
      const said = await requestJson(`cases/${reading.id}/approve`, { method: 'POST', json: { what, edited } })
      await this.#takenOver()
      reading.setNumbers(said.numbers)
      this.page.sidebar.soon()
      this.page.say(`${what === 'discs' ? 'levels' : what} confirmed`)
    })
  }

  /** Fetch what the server has made the reader's own: the findings with the approval, discs, and masks as they were proposed. */
  async #takenOver() {
    const { reading } = this
    const { saver } = this.page
    const info = await requestJson(`cases/${reading.id}`)
    reading.info.structures = info.structures
    await Promise.all(['findings', 'discs'].map(key => this.page.signing.reload(key)))
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
}
