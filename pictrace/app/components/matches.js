// The ranked list: one button a match. All text is set as text, never as HTML.
import { find, goTo, make } from "./dom.js"

/** @import { Card, Component, Matches } from "./data" */

/** @param {Card} item */
function bar(item) {
  const track = make("span", "track")
  track.setAttribute("role", "img")
  track.setAttribute("aria-label", item.segments.map((one) => `${one.label} ${one.share.toFixed(2)}`).join(", "))
  for (const one of item.segments) {
    const part = make("span", "part")
    part.style.width = `${Math.max(0, one.share) * 100}%`
    part.style.background = one.colour
    part.title = `${one.label} adds ${one.share.toFixed(2)}`
    track.append(part)
  }
  return track
}

/**
 * @param {Card} item
 * @param {string | null} selected
 * @param {(id: string) => void} pick
 */
function card(item, selected, pick) {
  const entry = make("li", item.id === selected ? "card selected" : "card")
  const button = make("button", "face")
  button.type = "button"
  button.setAttribute("aria-pressed", String(item.id === selected))
  button.setAttribute("aria-label", `Match ${item.rank}: ${item.title}, score ${item.score}. Show details`)
  button.onclick = () => pick(item.id)

  const frame = make("span", "frame")
  const picture = make("img")
  picture.src = item.src
  picture.alt = item.alt
  frame.append(picture)

  const text = make("span", "text")
  const head = make("span", "head")
  head.append(make("span", "rank", item.rank), make("span", "score", item.score))
  if (item.badge) head.append(make("span", `badge ${item.tone}`, item.badge))
  text.append(head, bar(item), make("span", "title", item.title), make("span", "note", item.note))
  if (item.facts.length) text.append(make("span", "note", item.facts.join(" · ")))
  button.append(frame, text)
  entry.append(button)

  const line = make("div", "source")
  for (const source of item.sources) {
    if (source.href) {
      const link = make("a", "", source.text)
      link.href = source.href
      link.target = "_blank"
      link.rel = "noopener noreferrer"
      line.append(link)
    } else {
      const place = make("span", "", source.text)
      place.title = source.text
      line.append(place)
    }
  }
  entry.append(line)
  return entry
}

/** @param {Component<Matches>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const list = find(parentElement, "ul", HTMLUListElement)
  const focused = parentElement.activeElement?.closest?.("li")
  const place = focused ? Array.from(list.children).indexOf(focused) : -1
  /** @param {string} id */
  const pick = (id) => {
    setTriggerValue("picked", id)
    goTo(".st-key-side")
  }
  list.replaceChildren(...data.items.map((item) => card(item, data.selected, pick)))
  if (place >= 0) list.children[place]?.querySelector("button")?.focus()
}
