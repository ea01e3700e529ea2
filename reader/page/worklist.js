/** The worklist: which cases there are, what state they are in, and what is to be known before one is opened. */

import { find, make } from './dom.js'
import { requestJson } from './api.js'
import { words } from './wording.js'

/**
 * @param {{reader: string}} session
 * @param {(id: string) => void} open
 */
export async function showWorklist(session, open) {
  const { cases, done, total } = await requestJson('cases')
  find('#worklist').replaceChildren(
    make('h1', { text: `Cases of ${session.reader}` }),
    make('p', { class: 'count', text: `${done} of ${total} signed` }),
    cases.length ? table(cases, open) : make('p', { text: 'This study holds no session to read. Run `iscm ingest` first.' }),
  )
}

/** @param {any[]} cases @param {(id: string) => void} open */
function table(cases, open) {
  const head = ['', 'participant', 'session', 'series', 'state', 'read', 'remarks'].map(text => make('th', { text, scope: 'col' }))
  return make('table', { class: 'cases' }, [
    make('thead', {}, [make('tr', {}, head)]),
    make('tbody', {}, cases.map((entry, n) => row(entry, n, open))),
  ])
}

/** @param {any} entry @param {number} n @param {(id: string) => void} open */
function row(entry, n, open) {
  const warnings = entry.warnings ?? []
  return make('tr', { class: entry.state, 'data-case': entry.case }, [
    make('td', {}, [make('button', { type: 'button', text: `Open ${n + 1}`, onclick: () => open(entry.case) })]),
    make('td', { text: entry.participant }),
    make('td', { text: entry.session }),
    make('td', { text: entry.n_series, class: 'number' }),
    make('td', {}, [make('span', { class: `state ${entry.state}`, text: words(entry.state) })]),
    make('td', { text: `read ${entry.read_number ?? 1}` }),
    make('td', { class: 'remarks' }, warnings.slice(0, 3).map((/** @type {any} */ warning) =>
      make('span', { class: 'chip warn', text: words(warning.code), title: warning.message }))),
  ])
}
