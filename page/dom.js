// What the page is made of. Text enters as text, never as HTML: there is no other way in.

/** @typedef {Node | string | number | false | null | undefined} Child */

/**
 * Makes an element. An attribute that is a function listens to the event of its name; `false` and `undefined` are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      element.addEventListener(name, /** @type {EventListener} */ (value));
    } else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  put(element, ...children);
  return element;
}

/**
 * Puts children in place of what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function put(element, ...children) {
  const there = children.filter((child) => child !== false && child !== null && child !== undefined);
  element.replaceChildren(...there.map((child) => (child instanceof Node ? child : String(child))));
}

/**
 * The element with an id that `index.html` has.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/**
 * Tells a screen reader.
 * @param {string} text
 */
export function say(text) {
  byId('said').textContent = text;
}

/**
 * A button that is busy while its work is under way.
 * @param {string} text
 * @param {Record<string, unknown>} attributes
 * @param {() => unknown} work
 */
export function button(text, attributes, work) {
  const own = h('button', { type: 'button', ...attributes }, text);
  own.addEventListener('click', async () => {
    if (own.getAttribute('aria-busy')) return;
    own.setAttribute('aria-busy', 'true');
    try {
      await work();
    } finally {
      own.removeAttribute('aria-busy');
    }
  });
  return own;
}

/**
 * Draws rows as they are seen: some at first, more whenever the end comes near.
 * @template T
 * @param {T[]} rows
 * @param {(row: T) => Node} draw
 */
export function asSeen(rows, draw) {
  const list = h('ol', { class: 'rows' });
  const end = h('div', { class: 'end' });
  let drawn = 0;
  const more = () => {
    const next = rows.slice(drawn, drawn + 30);
    drawn += next.length;
    list.append(...next.map((row) => h('li', {}, draw(row))));
    if (drawn >= rows.length) watch.disconnect();
  };
  const watch = new IntersectionObserver(
    (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      more();
      // Where the end is still near, the observer says nothing new by itself.
      watch.unobserve(end);
      if (drawn < rows.length) watch.observe(end);
    },
    { rootMargin: '600px' },
  );
  more();
  if (drawn < rows.length) watch.observe(end);
  return h('div', {}, list, end);
}

/**
 * Downloads: a click on a link that is not there.
 * @param {string} url
 * @param {string} [name]
 */
export function download(url, name) {
  h('a', { href: url, download: name ?? '', rel: 'noopener' }).click();
}
