// Copies the page's address, which holds every setting.
export default function (component) {
  const { data, parentElement } = component
  const button = parentElement.querySelector("button")
  const note = parentElement.querySelector("span")
  button.textContent = data.label
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href)
      note.textContent = "Copied."
    } catch {
      note.textContent = "Copy it from the browser's address bar."
    }
    setTimeout(() => {
      note.textContent = ""
    }, 4000)
  }
}
