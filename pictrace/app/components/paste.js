// A picture from the clipboard: by the button, or by Ctrl+V anywhere on the page.
import { find, listenOnPage, speak } from "./dom.js"

/** @import { Component, Paste } from "./data" */

/**
 * @param {Blob} file
 * @param {Paste} data
 * @param {(text: string) => void} say
 * @param {(name: string, value: unknown) => void} send
 */
function read(file, data, say, send) {
  if (file.size > data.max_bytes) {
    say(data.words.large)
    return
  }
  const reader = new FileReader()
  reader.onload = () => {
    say("")
    send("picture", {
      name: (file instanceof File && file.name) || data.words.name,
      data: String(reader.result).split(",")[1],
    })
  }
  reader.onerror = () => say(data.words.unread)
  reader.readAsDataURL(file)
}

/** @param {Component<Paste>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  speak(parentElement, data.words)
  const button = find(parentElement, "button", HTMLButtonElement)
  const note = find(parentElement, "[role=status]", HTMLElement)
  find(button, "span", HTMLElement).textContent = data.label
  /** @param {string} text */
  const say = (text) => {
    note.textContent = text
  }

  button.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((one) => one.startsWith("image/"))
        if (type) {
          read(await item.getType(type), data, say, setTriggerValue)
          return
        }
      }
      say(data.words.none)
    } catch {
      say(data.words.denied)
    }
  }

  listenOnPage(parentElement, "paste", (event) => {
    if (!data.listen) return
    const file = Array.from(event.clipboardData?.files ?? []).find((one) => one.type.startsWith("image/"))
    if (file) {
      event.preventDefault()
      read(file, data, say, setTriggerValue)
    }
  })
}
