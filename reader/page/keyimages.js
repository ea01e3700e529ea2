/**
 * Pictures worth showing: a slice of a series, the point on it, and a note.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {{series: string, slice: number, point: [number, number, number] | null, note: string | null}} KeyImage
 */

import { askText } from './dialogs.js'
import { make } from './dom.js'
import { plain } from './wording.js'

export class KeyImages {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
  }

  /** @returns {KeyImage[]} */
  get list() {
    return this.reading.findings.record?.key_images ?? []
  }

  /** @param {KeyImage[]} images */
  #put(images) {
    const { findings } = this.reading
    this.reading.setFindings({ ...findings, record: { ...findings.record, key_images: images } })
  }

  /** Keep the active picture as it is, with a note. */
  async add() {
    const shown = this.page.panes.active?.shown
    const point = shown && this.reading.cursorIn(shown.series)
    if (!shown || !point || this.reading.locked) return
    const note = await askText('Keep this picture', 'What does it show?')
    const { slice } = shown.viewer.slice
    this.#put([...this.list, { series: shown.series.info.file, slice, point, note: plain(note) || null }])
    this.page.say('picture kept')
    this.page.escape()
  }

  /** @param {string} comment on the whole read */
  setComment(comment) {
    const { findings } = this.reading
    this.reading.setFindings({ ...findings, record: { ...findings.record, comment: comment || null } })
  }

  /** @returns {HTMLElement} the list, and the comment on the whole read */
  panel() {
    const { locked, findings } = this.reading
    const rows = this.list.map((image, n) => make('li', {}, [
      make('button', { type: 'button', class: 'plain', text: image.note ?? `picture ${n + 1}`, onclick: () => this.#show(image) }),
      make('button', { type: 'button', text: 'remove', disabled: locked, onclick: () => this.#put(this.list.filter((_, at) => at !== n)) }),
    ]))
    const comment = make('textarea', {
      rows: 2,
      maxlength: 1000,
      disabled: locked,
      placeholder: 'comment on the whole read',
      'aria-label': 'comment on the whole read',
      onchange: () => this.setComment(plain(comment.value, true)),
    })
    comment.value = findings.record?.comment ?? ''
    return make('section', { 'data-item': 'record' }, [
      make('h3', { text: 'Key images' }),
      rows.length ? make('ul', { class: 'keyimages' }, rows) : make('p', { class: 'hint', text: 'Press K on a picture to keep it.' }),
      comment,
    ])
  }

  /** @param {KeyImage} image */
  #show(image) {
    const series = [...this.reading.series.values()].find(one => one.info.file === image.series)
    if (series && image.point) this.reading.setCursor(image.point, series)
  }
}
