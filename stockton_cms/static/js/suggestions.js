/* Suggests searches while someone types: the editable combobox with list autocomplete
   of the ARIA Authoring Practices. Without this script the form is a plain box. */

const LEAST_LETTERS = 2;
const PAUSE_IN_MS = 150;
const STEPS = { ArrowDown: ["next", "first"], ArrowUp: ["previous", "last"] };

document.querySelectorAll("form[data-suggestions]").forEach(suggestIn);

function suggestIn(form) {
  const input = form.querySelector("input");
  const list = form.querySelector(".suggestions");
  const status = document.createElement("p");
  const known = new Map();
  let active, request, timer;

  set(status, { role: "status", class: "visually-hidden" });
  set(input, { role: "combobox", "aria-autocomplete": "list" });
  set(input, { "aria-controls": list.id, "aria-expanded": false });
  input.addEventListener("input", wait);
  input.addEventListener("compositionend", wait);
  input.addEventListener("keydown", press);
  input.addEventListener("blur", close);
  form.addEventListener("submit", close);
  // Else the box would lose the keyboard, and close the list before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => choose(target.closest("li")));

  function wait(event) {
    // Phones' keyboards compose every word, English too: there it is no sign of an IME.
    if (event.isComposing && matchMedia("(pointer: fine)").matches) return;
    // Not before: a page that is only read has nothing to announce.
    if (!status.isConnected) form.append(status);
    halt();
    activate(null);
    timer = setTimeout(suggest, PAUSE_IN_MS);
  }

  function halt() {
    clearTimeout(timer);
    request?.abort();
  }

  function close() {
    halt();
    show([]);
    status.textContent = "";
  }

  // What is known already is shown before this returns.
  async function suggest() {
    halt();
    const typed = input.value.trim();
    if (typed.length < LEAST_LETTERS) return close();
    const { signal } = (request = new AbortController());
    try {
      const found = known.get(typed) ?? (await ask(form, typed, signal));
      known.set(typed, found);
      show(found, typed);
      status.textContent = found.length
        ? `${found.length} suggestion${found.length > 1 ? "s" : ""}, use up and down`
        : "No suggestions";
    } catch {
      if (!signal.aborted) close();
    }
  }

  function show(suggestions, typed) {
    activate(null);
    list.replaceChildren(...suggestions.map((text) => makeOption(text, typed)));
    [...list.children].forEach((each, index) => (each.id = `${list.id}-${index}`));
    list.hidden = !suggestions.length;
    set(input, { "aria-expanded": !list.hidden });
  }

  function activate(option) {
    active?.removeAttribute("aria-selected");
    active = option;
    if (!active) return input.removeAttribute("aria-activedescendant");
    set(active, { "aria-selected": true });
    set(input, { "aria-activedescendant": active.id });
    active.scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    if (!option) return;
    input.value = option.textContent;
    close();
    form.submit();
  }

  function press(event) {
    // 229 is the Enter that ends a composition in Safari.
    if (event.isComposing || event.keyCode === 229 || event.shiftKey) return;
    const [next, first] = STEPS[event.key] ?? [];
    if (next && list.hidden) suggest();
    if (list.hidden) return;
    if (next) {
      // Else an answer on its way would change the list under the reader's eyes.
      halt();
      activate(active?.[`${next}ElementSibling`] ?? list[`${first}ElementChild`]);
    } else if (event.key === "Enter" && active) choose(active);
    else if (event.key === "Escape") close();
    else if (/^(Home|End|ArrowLeft|ArrowRight)$/.test(event.key)) return activate(null);
    else return;
    event.preventDefault();
  }
}

async function ask(form, typed, signal) {
  const query = new URLSearchParams({ query: typed });
  const answer = await fetch(`${form.dataset.suggestions}?${query}`, { signal });
  return (await answer.json()).suggestions;
}

function makeOption(text, typed) {
  const [option, match] = ["li", "b"].map((name) => document.createElement(name));
  // Where a word starts with what was typed.
  const start = ` ${text}`.toLowerCase().indexOf(` ${typed.toLowerCase()}`);
  const [from, to] = start < 0 ? [0, 0] : [start, start + typed.length];
  match.textContent = text.slice(from, to);
  option.append(text.slice(0, from), match, text.slice(to));
  set(option, { role: "option" });
  return option;
}

function set(element, attributes) {
  Object.entries(attributes).forEach((each) => element.setAttribute(...each));
}
