// What the scripts share.

const SVG = "http://www.w3.org/2000/svg"
const PATIENCE_MS = 10_000 // with the server, until it has drawn what somebody asked for

/**
 * The element that a script's markup has for this purpose; it stands in Python.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {{ new (): Kind, prototype: Kind }} kind
 * @returns {Kind}
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`The markup has no ${selector}.`)
  return found
}

/**
 * An element with text, which is never read as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [name] its class
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, name, text) {
  const node = document.createElement(tag)
  if (name) node.className = name
  if (text !== undefined) node.textContent = text
  return node
}

/**
 * The same of a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value))
  if (text !== undefined) node.textContent = text
  return node
}

/**
 * In one column, what is told of the chosen one lies elsewhere on the page: go there, once it is drawn.
 * @param {string} selector
 */
export function goTo(selector) {
  if (window.innerWidth > 767) return
  const go = () => {
    const seen = document.querySelector(selector)
    if (seen) setTimeout(() => seen.scrollIntoView({ behavior: "smooth", block: "start" }), 250)
    return seen
  }
  if (go()) return
  const drawing = new MutationObserver(() => {
    if (go()) drawing.disconnect()
  })
  drawing.observe(document.body, { childList: true, subtree: true })
  setTimeout(() => drawing.disconnect(), PATIENCE_MS)
}

/**
 * Put the words of the session's language where the markup names them: as text, as label, as title.
 * @param {ShadowRoot} root
 * @param {Record<string, string>} words
 */
export function speak(root, words) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = words[`${node.getAttribute("data-text")}`]
  for (const [named, told] of [
    ["data-label", "aria-label"],
    ["data-title", "title"],
  ]) {
    for (const node of root.querySelectorAll(`[${named}]`))
      node.setAttribute(told, words[`${node.getAttribute(named)}`])
  }
}

/**
 * A sentence with values in the places that it names, as in "{width} % of the width".
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place))
}

/** @param {HTMLCanvasElement} canvas */
export function penOf(canvas) {
  const pen = canvas.getContext("2d")
  if (!pen) throw new Error("This browser draws on no canvas.")
  return pen
}

/** What each component listens for on the whole page. @type {WeakMap<ShadowRoot, () => void>} */
const listening = new WeakMap()

/**
 * Listen on the whole page for as long as the component is on it, in place of what it listened with before.
 *
 * A component must not end this in the function that it returns: Streamlit calls that before each redrawing and loads
 * the script again only afterwards, so that what is pressed between the two would be lost.
 * @template {"keydown" | "paste"} Type
 * @param {ShadowRoot} root
 * @param {Type} type
 * @param {(event: DocumentEventMap[Type]) => void} act
 */
export function listenOnPage(root, type, act) {
  listening.get(root)?.()
  /** @param {DocumentEventMap[Type]} event */
  const heard = (event) => (root.isConnected ? act(event) : stop())
  const stop = () => document.removeEventListener(type, heard, true)
  document.addEventListener(type, heard, true)
  listening.set(root, stop)
}
