/** Start: the token, the worklist, and one case at a time. */

import { RequestFailed, requestJson, takeToken } from './api.js'
import { asking } from './dialogs.js'
import { find, make } from './dom.js'
import { listen } from './keys.js'
import { offerDrafts } from './restoring.js'

/** @type {import('./page.js').CasePage | null} */
let page = null
/** @type {any} */
let session = null

/** @param {string} title @param {string} message */
function stop(title, message) {
  document.body.dataset.view = 'stopped'
  find('#stopped').replaceChildren(make('h1', { text: title }), make('p', { text: message }))
  document.body.dataset.ready = 'stopped'
}

/** @param {unknown} failure */
function explain(failure) {
  if (failure instanceof RequestFailed && failure.status === 401) {
    stop('This address is not valid any more', 'The page needs the address that `iscm read` printed, with its token. Start `iscm read` again if it has ended, and open the new address.')
  } else stop('The page cannot go on', failure instanceof Error ? failure.message : String(failure))
}

const LOADED_AGAIN = 'iscm-loaded-again'
/** Counts what was asked to be shown: what has been overtaken shows nothing. */
let asked = 0

/** @param {'list' | 'case'} view */
function begin(view) {
  delete document.body.dataset.ready
  document.body.dataset.view = view
}

/** @returns {Promise<boolean>} whether the open case, if there is one, could be left */
async function leave() {
  if (page && !(await page.leave())) return false
  page = null
  return true
}

/** @param {number} mine */
async function showList(mine) {
  if (!(await leave())) return
  begin('list')
  const { showWorklist } = await import('./worklist.js')
  await showWorklist(session, id => go(`#case=${id}`))
  if (mine === asked) document.body.dataset.ready = 'list'
}

/** @param {string} id @param {number} mine */
async function showCase(id, mine) {
  if (!(await leave())) return
  begin('case')
  const vocabulary = await requestJson('vocabulary')
  const [{ CasePage }, { canDraw }, { Reading }] = await loadCaseModules()
  if (!(await canDraw())) {
    stop('This browser cannot show the images', 'The reading page needs WebGL 2. Open it in a current Firefox, Chrome or Edge, and switch hardware acceleration on if it is off.')
    return
  }
  const reading = await Reading.open(id)
  if (mine !== asked) return
  page = new CasePage(reading, session, vocabulary)
  await page.start()
  if (mine !== asked) return
  document.body.dataset.ready = 'case'
  page.escape()
  await offerDrafts(page)
}

/** Show what the address says: a case or the worklist. */
async function show() {
  asked += 1
  const mine = asked
  try {
    const id = new URLSearchParams(location.hash.slice(1)).get('case')
    await (id ? showCase(id, mine) : showList(mine))
  } catch (failure) {
    // a case that was left while it was being opened stops nothing
    if (mine === asked) explain(failure)
  }
}

/** Go somewhere that the browser's back button comes back from. @param {string} hash */
function go(hash) {
  history.pushState(null, '', location.pathname + hash)
  void show()
}

/** @returns {Promise<[typeof import('./page.js'), typeof import('./viewer.js'), typeof import('./reading.js')]>} */
async function loadCaseModules() {
  try {
    const modules = await Promise.all([import('./page.js'), import('./viewer.js'), import('./reading.js')])
    sessionStorage.removeItem(LOADED_AGAIN)
    return modules
  } catch (failure) {
    if (session?.niivue !== false) {
      // a browser remembers a module that did not come through: only a page loaded anew fetches it again
      if (sessionStorage.getItem(LOADED_AGAIN)) throw failure
      sessionStorage.setItem(LOADED_AGAIN, 'yes')
      location.reload()
      return new Promise(() => {})
    }
    throw new Error('The renderer of the images is not installed. Install iscm again where the npm registry can be reached: pip install --force-reinstall --no-deps iscm')
  }
}

async function start() {
  try {
    takeToken()
    session = await requestJson('session')
    find('#notice').textContent = session.notice ?? 'Research use only. Not a medical device.'
    find('#tolist').addEventListener('click', () => go(''))
    window.addEventListener('popstate', () => {
      // a new address of `iscm read` pasted into this tab brings a new token
      takeToken()
      void show()
    })
    listen(() => (page && !asking() ? page.bindings : []))
    await show()
  } catch (failure) {
    explain(failure)
  }
}

/** For tests and for a look from the browser's console. */
Object.assign(window, { iscm: { get page() { return page } } })
void start()
