// Pictures to choose from: one button each.
import { find, goTo, make } from "./dom.js"

/** @import { Component, Tiles } from "./data" */

/** @param {Component<Tiles>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const row = find(parentElement, "ul", HTMLUListElement)
  row.className = data.large ? "large" : ""
  row.setAttribute("aria-label", data.label)
  row.replaceChildren(
    ...data.items.map((item) => {
      const entry = make("li")
      const button = make("button")
      button.type = "button"
      button.title = item.label
      button.onclick = () => {
        setTriggerValue("picked", item.id)
        goTo(".st-key-chosen")
      }
      const picture = make("img")
      picture.src = item.src
      picture.alt = "" // its label follows
      button.append(picture, make("span", "", item.label))
      entry.append(button)
      return entry
    }),
  )
}
