// The ranked list: one button a match. All text is set as text, never as HTML.
import { filled, find, goTo, listenOnPage, make, speak } from "./dom.js"
import { press } from "./matches_keys.js"

/** @import { Card, Component, Matches, Words } from "./data" */

const TOLD = 26 // characters of an address that are always seen

/**
 * @param {Card} item
 * @param {Words} words
 */
function bar(item, words) {
  const track = make("span", "track")
  track.setAttribute("aria-hidden", "true") // the details tell it in numbers
  for (const one of item.segments) {
    const part = make("span", "part")
    part.style.width = `${Math.max(0, one.share) * 100}%`
    part.style.background = one.colour
    part.title = filled(words.adds, { metric: one.label, value: one.share.toFixed(2) })
    track.append(part)
  }
  return track
}

/**
 * An address of which, where it is too long, the middle is left out: its end tells most.
 * @template {"a" | "span"} Tag
 * @param {Tag} tag
 * @param {string} text
 */
function place(tag, text) {
  const node = make(tag)
  const cut = Math.max(0, text.length - TOLD)
  node.append(make("span", "rest", text.slice(0, cut)), make("span", "told", text.slice(cut)))
  node.title = text
  return node
}

/**
 * @param {Card} item
 * @param {string | null} selected
 * @param {(id: string) => void} pick
 * @param {Words} words
 * @param {Map<string, HTMLImageElement>} shown pictures of former cards, which need no decoding
 */
function card(item, selected, pick, words, shown) {
  const entry = make("li", item.id === selected ? "card selected" : "card")
  const button = make("button", "face")
  button.type = "button"
  button.setAttribute("aria-pressed", String(item.id === selected))
  button.onclick = () => pick(item.id)

  const frame = make("span", "frame")
  const picture = shown.get(item.src) ?? make("img")
  shown.delete(item.src)
  if (picture.src !== item.src) picture.src = item.src
  picture.alt = "" // the title follows
  frame.append(picture)

  const text = make("span", "text")
  const head = make("span", "head")
  head.append(
    make("span", "rank", item.rank),
    make("span", `level ${item.level}`, item.level_told),
    make("span", "score", item.score),
  )
  text.append(head, bar(item, words), make("span", "title", item.title), make("span", "note", item.note))
  if (item.facts.length) text.append(make("span", "note", item.facts.join(" · ")))
  button.append(frame, text)
  entry.append(button)

  const line = make("div", "source")
  for (const source of item.sources) {
    if (source.href) {
      const link = place("a", source.text)
      link.href = source.href
      link.target = "_blank"
      link.rel = "noopener noreferrer"
      line.append(link)
    } else {
      line.append(place("span", source.text))
    }
  }
  entry.append(line)
  return entry
}

/** @param {Component<Matches>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  speak(parentElement, data.words)
  const list = find(parentElement, "ul", HTMLUListElement)
  const focused = parentElement.activeElement?.closest?.("li")
  const at = focused ? Array.from(list.children).indexOf(focused) : -1
  /** @param {string} id */
  const pick = (id) => {
    setTriggerValue("picked", id)
    goTo(".st-key-details-head")
  }
  const shown = new Map(Array.from(list.querySelectorAll("img"), (one) => [one.src, one]))
  list.replaceChildren(...data.items.map((item) => card(item, data.selected, pick, data.words, shown)))
  list.className = data.size ? "grid" : ""
  list.style.setProperty("--size", `${data.size}px`)
  if (at >= 0) list.children[at]?.querySelector("button")?.focus()

  const help = find(parentElement, "dialog", HTMLDialogElement)
  const keys = find(parentElement, "button.keys", HTMLButtonElement)
  keys.onclick = () => help.showModal()
  help.onclick = () => help.close()
  listenOnPage(parentElement, "keydown", (event) => press(event, list, help))
}
