// What is too wide, cut off or too small: part of page.js's questions.
({
  tooWide() {
    const root = document.scrollingElement;
    if (root.scrollWidth <= innerWidth) return [];
    const outside = [...document.body.querySelectorAll("*")].filter((each) => {
      const box = each.getBoundingClientRect();
      return box.width && (box.right > innerWidth + 1 || box.left < -1) && this.isSeen(each) &&
        !this.scrollerOf(each);
    });
    return [`scrolls sideways: ${root.scrollWidth} in ${innerWidth}: ` +
      outside.slice(0, 4).map((each) => this.say(each)).join(", ")];
  },

  scrollerOf(element) {
    for (let each = element.parentElement; each; each = each.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(each).overflowX)) return each;
      if (each === document.body) return null;
    }
    return null;
  },

  cutOff() {
    const wrong = new Set();
    for (const node of this.texts()) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const lines = [...range.getClientRects()].filter((line) => line.width > 0);
      for (let each = node.parentElement; each; each = each.parentElement) {
        const style = getComputedStyle(each);
        const scrolls = (value) => ["auto", "scroll"].includes(value);
        if (each !== document.body && scrolls(style.overflowX)) break;
        const clips = (value) => ["hidden", "clip"].includes(value);
        const box = each.getBoundingClientRect();
        const isOut = lines.some((line) =>
          (clips(style.overflowX) && (line.right > box.right + 2 || line.left < box.left - 2)) ||
          (clips(style.overflowY) && (line.bottom > box.bottom + 3 || line.top < box.top - 3)));
        if (isOut && each !== document.documentElement) wrong.add(each);
      }
      const line = lines.find(({ left, right }) => right + scrollX < 1 || left + scrollX < -2);
      if (line && !this.scrollerOf(node.parentElement)) wrong.add(node.parentElement);
    }
    return [...wrong].map((each) => `${this.say(each)} loses text`);
  },

  // Words that lie on top of others.
  overlapping() {
    const boxes = this.texts().filter((node) => !this.scrollerOf(node.parentElement))
      .slice(0, 400).flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()].map((box) => ({ box, node }));
      });
    const wrong = [];
    boxes.forEach((one, index) => {
      for (const two of boxes.slice(index + 1)) {
        const across = Math.min(one.box.right, two.box.right) -
          Math.max(one.box.left, two.box.left);
        const down = Math.min(one.box.bottom, two.box.bottom) -
          Math.max(one.box.top, two.box.top);
        const least = Math.min(one.box.height, two.box.height);
        if (one.node !== two.node && across > 2 && down > least / 2) {
          wrong.push(`'${one.node.data.trim()}' lies on '${two.node.data.trim()}'`);
        }
      }
    });
    return wrong;
  },

  targets() {
    const pressed = "a, button, input, select, textarea, summary";
    return this.stops().filter((each) => each.matches(pressed) && this.isSeen(each)).map((each) => {
      const box = each.getBoundingClientRect();
      const style = getComputedStyle(each);
      const around = each.parentElement;
      const others = [...around.childNodes].filter((node) => node !== each)
        .map((node) => node.textContent.trim()).join("");
      return {
        name: this.say(each),
        left: box.left, top: box.top, width: box.width, height: box.height,
        isInText: style.display === "inline" && others.length > 0,
        isPrimary: each.matches("button, input, select, textarea, summary") ||
          Boolean(each.closest("header")?.parentElement === document.body),
      };
    });
  },

  fontSize() {
    return parseFloat(getComputedStyle(document.body).fontSize);
  },

  spaceText() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
      word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return [];
  },
})
