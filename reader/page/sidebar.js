/**
 * The right side: what is drawn and measured, the study sheet, the findings, signing.
 *
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./findings.js').Item} Item
 * @typedef {import('./findings.js').Answer} Answer
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { find, make, patch } from './dom.js'
import { answered, answersOf, forced, open } from './findings.js'
import { formRow } from './form.js'
import { counted, words } from './wording.js'

const PANELS = [
  { name: 'sheet', title: 'Sheet' },
  { name: 'lesions', title: 'Lesions' },
  { name: 'patient', title: 'Patient' },
  { name: 'sign', title: 'Sign' },
]
/** Rows whose controls are found again after a change. */
const ROWS = '[data-item], [data-region], [data-lesion], [data-proposal]'
const CONTROLS = 'button, select, input, textarea'

export class Sidebar {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
    this.root = find('#side')
    this.shown = 'lesions'
    this.tabs = PANELS.map(({ name, title }) =>
      make('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel', text: title, onclick: () => this.show(name) }))
    this.body = make('div', { id: 'panel', role: 'tabpanel', tabindex: '-1' })
    this.root.replaceChildren(make('div', { class: 'tabs', role: 'tablist' }, this.tabs), this.body)
    for (const name of ['findings', 'numbers', 'marks', 'choice', 'lock', 'discs']) {
      this.reading.addEventListener(name, () => this.soon())
    }
    this.waiting = false
  }

  /** @param {string} name */
  show(name) {
    this.shown = name
    this.draw()
    this.body.scrollTop = 0
  }

  /** @param {number} way */
  step(way) {
    const at = PANELS.findIndex(panel => panel.name === this.shown)
    this.show(PANELS[(at + way + PANELS.length) % PANELS.length].name)
    this.focus()
  }

  focus() {
    const first = this.body.querySelector('button:not([disabled]), select, input')
    ;(first instanceof HTMLElement ? first : this.body).focus()
  }

  /** Draw once for all that changes in one go. */
  soon() {
    if (this.waiting) return
    this.waiting = true
    requestAnimationFrame(() => {
      this.waiting = false
      this.draw()
    })
  }

  draw() {
    const focus = this.#focusPath()
    PANELS.forEach(({ name }, n) => this.tabs[n].setAttribute('aria-selected', String(name === this.shown)))
    this.body.setAttribute('aria-labelledby', `tab-${this.shown}`)
    patch(this.body, this.#content())
    if (focus && !this.body.contains(document.activeElement)) this.#refocus(focus)
  }

  /** @returns {{row: string, value: string, place: number} | null} which control has the focus, to find it again */
  #focusPath() {
    const active = document.activeElement
    const row = active?.closest(ROWS)
    if (!active || !row || !this.body.contains(active)) return null
    const name = [...row.attributes].find(attribute => attribute.name.startsWith('data-'))
    const controls = [...row.querySelectorAll(CONTROLS)]
    return {
      row: `[${name?.name}="${CSS.escape(name?.value ?? '')}"]`,
      value: active.getAttribute('data-value') ?? '',
      place: controls.indexOf(active),
    }
  }

  /** @param {{row: string, value: string, place: number}} focus */
  #refocus({ row, value, place }) {
    const found = this.body.querySelector(row)
    const same = value ? found?.querySelector(`[data-value="${CSS.escape(value)}"]`) : null
    const control = same ?? [...(found?.querySelectorAll(CONTROLS) ?? [])][place] ?? this.body.querySelector(CONTROLS)
    if (control instanceof HTMLElement) control.focus({ preventScroll: true })
  }

  /** @returns {HTMLElement[]} */
  #content() {
    switch (this.shown) {
      case 'sheet':
        return [this.#heading('Study sheet'), ...this.#rows('patient', 'study_sheet')]
      case 'lesions':
        return [this.#structures(), this.#lesions(), ...this.#lesionForm()]
      case 'patient':
        return [this.#heading('Findings of the patient'), ...this.#rows('patient', 'patient')]
      default:
        return this.#signing()
    }
  }

  /** @param {string} text */
  #heading(text) {
    return make('h3', { text })
  }

  /** @param {string} of @param {string} scope @returns {HTMLElement[]} */
  #rows(of, scope) {
    const { items } = this.page
    return items.filter(item => item.scope === scope).map(item => this.#row(of, item))
  }

  /** @param {string} of @param {Item} item */
  #row(of, item) {
    const { reading, page } = this
    const answers = answersOf(reading.findings, of)
    return formRow({
      item,
      answer: answers[item.name],
      forced: forced(item, answers, reading.findings.patient),
      suggestion: page.suggestion(of, item),
      locked: reading.locked,
      reasons: page.vocabulary.na_reasons,
      levels: page.naming.levelNames,
      series: [...reading.series.values()].map(series => ({ id: series.info.file, name: series.info.name })),
      change: answer => reading.setFindings(answered(reading.findings, of, item.name, answer, page.items)),
    })
  }

  #structures() {
    const { reading, page } = this
    const rows = page.regions.map(({ region, colour }) => {
      const own = [...reading.masks.values()].filter(mask => mask.region === region && mask.places.length)
      const proposed = [...reading.proposals.values()].some(mask => mask.region === region && mask.places.length)
      const swatch = make('span', { class: 'swatch' })
      swatch.style.background = colour
      const chosen = reading.choice.region === region
      const hidden = reading.display.hidden.has(region) || reading.display.hidden.has('*')
      return make('tr', { class: chosen ? 'chosen' : '', 'data-region': region }, [
        make('td', {}, [make('button', { type: 'button', class: 'plain', 'aria-pressed': String(chosen), onclick: () => reading.choose({ region }) }, [swatch, words(region)])]),
        make('td', { class: 'number', text: own.length ? volume(reading, own) : '' }),
        make('td', { text: page.proposals.approved(region) ? 'confirmed' : own.length ? 'drawn' : proposed ? 'proposed' : '' }),
        make('td', {}, [make('button', { type: 'button', class: 'plain', 'aria-pressed': String(!hidden), text: hidden ? 'show' : 'hide', onclick: () => page.toggleHidden(region) })]),
      ])
    })
    return make('section', {}, [
      make('table', { class: 'structures' }, [
        make('thead', {}, [make('tr', {}, ['structure', 'mL', '', ''].map(text => make('th', { scope: 'col', text })))]),
        make('tbody', {}, rows),
      ]),
      make('div', { class: 'buttons' }, [
        make('button', { type: 'button', text: page.proposals.approved('cord') ? 'Cord confirmed' : 'Confirm cord', disabled: reading.locked, onclick: () => void page.proposals.approve('cord') }),
        make('button', { type: 'button', text: page.proposals.approved('discs') ? 'Levels confirmed' : 'Confirm levels', disabled: reading.locked, onclick: () => void page.proposals.approve('discs') }),
        make('button', { type: 'button', text: 'Levels …', disabled: reading.locked, onclick: () => void page.naming.editLevels() }),
      ]),
    ])
  }

  #lesions() {
    const { reading, page } = this
    const labels = reading.lesionLabels
    const rows = labels.map(label => {
      const numbers = page.numbersOf(label)
      return make('tr', { class: label === reading.choice.lesion ? 'chosen' : '', 'data-lesion': label }, [
        make('td', {}, [make('button', { type: 'button', text: String(label), 'aria-label': `lesion ${label}`, 'aria-pressed': String(label === reading.choice.lesion), onclick: () => page.lesions.choose(label) })]),
        make('td', { class: 'number', text: sizes(numbers) }),
        make('td', { class: 'number', text: extentText(numbers, 'enh') }),
        make('td', { class: 'number', text: extentText(numbers, 't2') }),
      ])
    })
    const proposals = page.proposals.open.map(({ region, series, label }) =>
      make('tr', { class: 'proposed', 'data-proposal': `${region}/${series}/${label}` }, [
        make('td', { text: '?' }),
        make('td', { colspan: 2 }, [make('button', { type: 'button', class: 'plain', title: 'show it', text: `proposed ${words(region)} ${label} · ${reading.series.get(series)?.info.name ?? ''}`, onclick: () => page.proposals.show(region, series, label) })]),
        make('td', { class: 'number' }, [
          make('button', { type: 'button', text: 'accept', disabled: reading.locked, onclick: () => void page.proposals.decide(region, series, label, 'accept') }),
          make('button', { type: 'button', text: 'reject', disabled: reading.locked, onclick: () => void page.proposals.decide(region, series, label, 'reject') }),
        ]),
      ]))
    const refused = page.proposals.refused.map(({ region, series, label }) =>
      make('tr', { class: 'refused', 'data-proposal': `${region}/${series}/${label}` }, [
        make('td', { text: '–' }),
        make('td', { colspan: 2, text: `rejected: ${words(region)} ${label} · ${reading.series.get(series)?.info.name ?? ''}` }),
        make('td', { class: 'number' }, [make('button', { type: 'button', text: 'accept after all', disabled: reading.locked, onclick: () => void page.proposals.decide(region, series, label, 'accept') })]),
      ]))
    const head = ['lesion', 'SI×AP×TR mm', 'Gd levels', 'T2 levels'].map(text => make('th', { scope: 'col', text }))
    return make('section', {}, [
      make('table', { class: 'lesions' }, [make('thead', {}, [make('tr', {}, head)]), make('tbody', {}, [...rows, ...proposals, ...refused])]),
      labels.length || proposals.length ? null : make('p', { class: 'hint', text: 'No lesion marked. Press 2 and click a lesion, or draw with 3.' }),
    ])
  }

  /** @returns {HTMLElement[]} */
  #lesionForm() {
    const { reading } = this
    const { lesion } = reading.choice
    if (!reading.lesionLabels.includes(lesion)) return []
    return [this.#heading(`Lesion ${lesion}`), ...this.#rows(String(lesion), 'lesion')]
  }

  /** @returns {HTMLElement[]} */
  #signing() {
    const { reading, page } = this
    const left = open(reading.findings, page.required, reading.lesionLabels)
    const list = left.slice(0, 60).map(({ of, item }) =>
      make('li', {}, [make('button', { type: 'button', class: 'plain', text: `${of === 'patient' ? '' : `lesion ${of}: `}${words(item.name)}`, onclick: () => page.goTo(of, item) })]))
    const kept = page.keyImages.panel()
    if (reading.locked) {
      return [
        this.#heading('Signed'),
        make('p', { text: 'This read is signed and locked. Unlocking is recorded, and the signed version stays.' }),
        make('div', { class: 'buttons' }, [make('button', { type: 'button', text: 'Unlock …', onclick: () => void page.signing.unlock() })]),
        ...page.others.panel(),
        kept,
      ]
    }
    return [
      this.#heading('Sign the read'),
      make('p', { text: `${counted(reading.lesionLabels.length, 'lesion')}; cord ${page.proposals.approved('cord') ? 'confirmed' : 'not confirmed'}; levels ${page.proposals.approved('discs') ? 'confirmed' : 'not confirmed'}.` }),
      make('p', { text: left.length ? `${counted(left.length, 'item')} not answered yet:` : 'Every item is answered.' }),
      make('ul', { class: 'open' }, list),
      ...(page.others.isConsensus ? page.others.panel() : []),
      make('div', { class: 'buttons' }, [make('button', { type: 'button', class: 'primary', text: 'Sign and lock', onclick: () => void page.signing.askToSign() })]),
      make('p', { class: 'hint', text: 'The name of the reader is a label, not a login: it says who read, it does not prove it.' }),
      kept,
    ]
  }
}

/** @param {Reading} reading @param {import('./masks.js').Mask[]} masks @returns {string} mL of the largest */
function volume(reading, masks) {
  const ml = masks.map(mask => {
    const spacing = reading.series.get(mask.series)?.grid.spacing ?? [0, 0, 0]
    return (mask.places.length * spacing[0] * spacing[1] * spacing[2]) / 1000
  })
  return Math.max(...ml).toFixed(2)
}

/** @param {Record<string, any> | undefined} row */
function sizes(row) {
  const mm = (/** @type {unknown} */ value) => (typeof value === 'number' ? value.toFixed(1) : '–')
  return row ? [row.enh_si_mm, row.enh_ap_mm, row.enh_tr_mm].map(mm).join(' × ') : '…'
}

/** @param {Record<string, any> | undefined} row @param {'enh' | 't2'} of */
export function extentText(row, of) {
  const segments = row?.[`${of}_seg_frac`]
  const levels = row?.[`${of}_levels`]
  if (typeof segments !== 'number') return levels ?? ''
  if (!segments && !levels) return '–'
  return levels ? `${segments.toFixed(1)} (${levels})` : segments.toFixed(1)
}

