// A picture from the clipboard: by the button, or by Ctrl+V anywhere on the page.
import { find } from "./dom.js"

/** @import { Component, Paste } from "./data" */

/** @type {WeakMap<ShadowRoot, (event: ClipboardEvent) => void>} */
const listeners = new WeakMap()

/**
 * @param {Blob} file
 * @param {Paste} data
 * @param {(text: string) => void} say
 * @param {(name: string, value: unknown) => void} send
 */
function read(file, data, say, send) {
  if (file.size > data.max_bytes) {
    say(`The picture is larger than ${Math.round(data.max_bytes / 1048576)} MB.`)
    return
  }
  const reader = new FileReader()
  reader.onload = () => {
    say("")
    send("picture", {
      name: (file instanceof File && file.name) || "pasted picture",
      data: String(reader.result).split(",")[1],
    })
  }
  reader.onerror = () => say("The picture could not be read. Copy it again.")
  reader.readAsDataURL(file)
}

/** @param {Component<Paste>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
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
      say("The clipboard holds no picture.")
    } catch {
      say("The browser does not allow it here. Press Ctrl+V instead.")
    }
  }

  /** @param {ClipboardEvent} event */
  const onPaste = (event) => {
    const file = Array.from(event.clipboardData?.files ?? []).find((one) => one.type.startsWith("image/"))
    if (file) {
      event.preventDefault()
      read(file, data, say, setTriggerValue)
    }
  }
  const former = listeners.get(parentElement)
  if (former) document.removeEventListener("paste", former)
  listeners.set(parentElement, onPaste)
  if (data.listen) document.addEventListener("paste", onPaste)
  return () => document.removeEventListener("paste", onPaste)
}
