// Copies the page's address, which holds every setting.
import { find } from "./dom.js"

/** @import { Component, Copy } from "./data" */

/** @param {Component<Copy>} component */
export default function (component) {
  const { data, parentElement } = component
  const button = find(parentElement, "button", HTMLButtonElement)
  const note = find(parentElement, "span", HTMLElement)
  button.textContent = data.label
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href)
      note.textContent = data.words.copied
    } catch {
      note.textContent = data.words.denied
    }
    setTimeout(() => {
      note.textContent = ""
    }, 4000)
  }
}
